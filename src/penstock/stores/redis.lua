-- All of the counters' work, in one call: a list of operations in, a list of answers out.
-- KEYS[1]: the leases (a sorted set: owner -> when it ends). ARGV[1]: the operations as JSON.
-- Windows are hashes slice -> amount, with `total` and `first` (the oldest slice). Money and slots are hashes
-- with `held:OWNER`, money also `booked:OWNER`, `spent` and `granted`. Numbers stay below 2^53.

local SLICES = 240
local HOLD_SECONDS = 21600
local leases = KEYS[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local whole = function(number) return string.format('%.0f', number) end

local known = {}
local function lives(owner)
  if known[owner] == nil then
    local ends = redis.call('ZSCORE', leases, owner)
    known[owner] = ends ~= false and tonumber(ends) > now
  end
  return known[owner]
end

-- Drops what is over from a window; returns its total and its oldest slice.
local function roll(claim)
  local width = claim.window / SLICES
  local kept = math.floor(now / width) - SLICES
  local state = redis.call('HMGET', claim.key, 'total', 'first')
  local total, first = tonumber(state[1] or 0), tonumber(state[2] or kept)
  if first >= kept then return total, first end
  if kept - first > 2 * SLICES then
    redis.call('DEL', claim.key)
    return 0, kept
  end
  local names = {}
  for number = first, kept - 1 do names[#names + 1] = whole(number) end
  for _, amount in ipairs(redis.call('HMGET', claim.key, unpack(names))) do
    total = total - tonumber(amount or 0)
  end
  redis.call('HDEL', claim.key, unpack(names))
  redis.call('HSET', claim.key, 'total', whole(total), 'first', whole(kept))
  return total, kept
end

local function free_in(claim, first, over)
  local width = claim.window / SLICES
  local names = {}
  for number = first, math.floor(now / width) do names[#names + 1] = whole(number) end
  if #names == 0 then return 0.001 end
  for index, amount in ipairs(redis.call('HMGET', claim.key, unpack(names))) do
    over = over - tonumber(amount or 0)
    if over <= 0 then return math.max(0.001, (first + index + SLICES) * width - now) end
  end
  return 0.001
end

-- Reads money or slots; what dead owners held ends here, money at what recovery will book for it.
local function read(key)
  local all = redis.call('HGETALL', key)
  local found = {spent = 0, granted = 0, held = 0, booked = 0}
  for index = 1, #all, 2 do
    local field, value = all[index], tonumber(all[index + 1])
    local kind, owner = string.match(field, '^(%a+):(.*)$')
    if kind == nil then
      found[field] = found[field] + value
    elseif lives(owner) then
      found[kind] = found[kind] + value
    else
      redis.call('HDEL', key, field)
      if kind == 'booked' then
        redis.call('HINCRBY', key, 'spent', whole(value))
        found.spent = found.spent + value
      end
    end
  end
  return found
end

-- Returns how much is used and the seconds until the amount fits; -1: nobody knows, -2: never.
local function look(claim, amount)
  if claim.unit == 'slots' then
    local held = read(claim.key).held
    if held + amount <= claim.limit then return held, 0 end
    return held, amount <= claim.limit and -1 or -2
  end
  if claim.unit == 'nanos' then
    local money = read(claim.key)
    local room = claim.limit + money.granted - money.spent - amount
    local used = money.spent + money.held
    if room >= money.held then return used, 0 end
    return used, room >= 0 and -1 or -2
  end
  local total, first = roll(claim)
  local over = total + amount - claim.limit
  if over <= 0 then return total, 0 end
  if amount > claim.limit then return total, -2 end
  return total, free_in(claim, first, over)
end

local function add(claim, amount, owner, booked)
  local seconds = math.ceil(claim.window * 2)
  if claim.unit == 'slots' then
    redis.call('HINCRBY', claim.key, 'held:' .. owner, amount)
    seconds = HOLD_SECONDS
  elseif claim.unit == 'nanos' then
    redis.call('HINCRBY', claim.key, 'held:' .. owner, whole(amount))
    redis.call('HINCRBY', claim.key, 'booked:' .. owner, whole(booked))
    seconds = math.ceil(claim.window)
  else
    local number = math.floor(now / (claim.window / SLICES))
    redis.call('HINCRBY', claim.key, whole(number), amount)
    redis.call('HINCRBY', claim.key, 'total', amount)
    redis.call('HSETNX', claim.key, 'first', whole(number))
  end
  redis.call('EXPIRE', claim.key, seconds)
end

local function hold(op)
  if not lives(op.owner) then return {'over'} end
  local used, waits, refused = {}, {}, false
  for index, claim in ipairs(op.claims) do
    local was, wait = look(claim, op.amounts[index])
    used[index], waits[index] = was, wait
    refused = refused or (wait ~= 0 and claim.enforce)
  end
  local answer = {refused and 'refused' or 'held', string.format('%.6f', now)}
  for index, claim in ipairs(op.claims) do
    local amount = op.amounts[index]
    if not refused then
      add(claim, amount, op.owner, op.booked)
      used[index] = used[index] + amount
    end
    answer[#answer + 1] = whole(used[index])
    answer[#answer + 1] = string.format('%.6f', waits[index])
  end
  if not refused then redis.call('SET', op.mark, '1', 'EX', HOLD_SECONDS) end
  return answer
end

local function correct(claim, amount, at)
  if amount == 0 then return end
  local width = claim.window / SLICES
  local number = math.floor(at / width)
  if redis.call('HEXISTS', claim.key, whole(number)) == 0 then
    if amount < 0 then return end
    number = math.floor(now / width)
    redis.call('HSETNX', claim.key, 'first', whole(number))
    redis.call('EXPIRE', claim.key, math.ceil(claim.window * 2))
  end
  redis.call('HINCRBY', claim.key, whole(number), amount)
  redis.call('HINCRBY', claim.key, 'total', amount)
end

local function settle(op)
  if redis.call('DEL', op.mark) == 0 then
    if lives(op.owner) then return {'ended'} end
    -- The owner's lease is gone and its hold too: Redis forgot them, the money was spent all the same.
    for _, claim in ipairs(op.claims) do
      if claim.unit == 'nanos' and op.nanos > 0 then
        redis.call('HINCRBY', claim.key, 'spent', whole(op.nanos))
        redis.call('EXPIRE', claim.key, math.ceil(claim.window))
      end
    end
    return {'lost'}
  end
  for index, claim in ipairs(op.claims) do
    local amount, held = op.amounts[index], 'held:' .. op.owner
    if claim.unit == 'tokens' then
      roll(claim)
      correct(claim, op.tokens - amount, op.at)
    elseif claim.unit == 'slots' or claim.unit == 'nanos' then
      local open = redis.call('HEXISTS', claim.key, held) == 1
      if open then redis.call('HINCRBY', claim.key, held, whole(-amount)) end
      if claim.unit == 'nanos' then
        local spent = op.nanos
        if open then
          redis.call('HINCRBY', claim.key, 'booked:' .. op.owner, whole(-op.booked))
        else
          spent = spent - op.booked
        end
        redis.call('HINCRBY', claim.key, 'spent', whole(spent))
        redis.call('EXPIRE', claim.key, math.ceil(claim.window))
      end
    end
  end
  return {'settled'}
end

local function beat(op)
  local renewed = lives(op.owner)
  if renewed or op.enter then
    redis.call('ZADD', leases, now + op.seconds, op.owner)
    known[op.owner] = true
  end
  redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
  return {(renewed or op.enter) and 'lives' or 'over', whole(redis.call('ZCARD', leases))}
end

local function leave(op)
  redis.call('ZREM', leases, op.owner)
  return {'left'}
end

local function grant(op)
  redis.call('HSET', op.key, 'granted', whole(op.nanos))
  redis.call('EXPIRE', op.key, math.ceil(op.window))
  return {'granted'}
end

local function restore(op)
  local spent = tonumber(redis.call('HGET', op.key, 'spent') or 0)
  if op.nanos > spent then redis.call('HSET', op.key, 'spent', whole(op.nanos)) end
  redis.call('EXPIRE', op.key, math.ceil(op.window))
  return {'restored'}
end

local function balance(op)
  local money = read(op.key)
  return {whole(money.spent), whole(money.held), whole(money.granted)}
end

local work = {
  hold = hold, settle = settle, beat = beat, leave = leave, grant = grant, restore = restore, balance = balance,
}
local answers = {}
for index, op in ipairs(cjson.decode(ARGV[1])) do
  local fine, answer = pcall(work[op.op], op)
  answers[index] = fine and answer or {'error', type(answer) == 'table' and answer.err or tostring(answer)}
end
return answers
