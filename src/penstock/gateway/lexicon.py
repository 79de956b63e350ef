"""Words of English that say nothing alone, say the same, or say the opposite. Written by hand, for requests.

Whatever is not listed here counts as a difference when only one of two requests says it.
"""

from collections.abc import Mapping
from typing import Final

EMPTY: Final = frozenset(
    """
    a an the this that these those there here it its is are was were be been being am do does did doing
    done have has had having will would shall should can could may might must ought i you we one of to in
    on at by for as with from into onto about and or so too also just really actually very please kindly
    hello hi hey thanks thank what which how some any if then than when where who whom whose why let s t
    re ve ll d m my your our their his her something get gets getting such exactly basically simply
    generally usually possible possibly whats between during through per via across toward towards them
    upon ever truly currently total reside residing located respectively
    """.split()
)
"""Dropped before words are compared; roles, persons and kinds of question are read from them first."""

_SAME: Final = """
    all every each
    folder directory dir folders directories
    file files
    delete remove rm erase
    create build generate
    own owned belong ownership owner
    last past
    begin start commence starting beginning
    end ending ends finish
    overcome beat
    ads advertise advertisement
    permission perms
    best good great ideal greatest
    buy purchase
    beginner newbie novice begginer beginers beginer
    laptop notebook
    phone smartphone cellphone
    picture photo image
    movie film movies
    fix repair solve resolve
    big large
    quick fast rapid quickly fastest quickest
    error mistake
    more greater larger bigger
    less fewer smaller
    biggest largest
    regular normal ordinary
    py python
    js javascript
    txt text
    jpg jpeg
    rb ruby
    kb kilobyte
    mb megabyte
    gb gigabyte
    tb terabyte
    kg kilogram kilo kgs
    km kilometer kilometre
    usd dollar
    inr rupee rs
    percent percentage
    hour hr hours
    minute min mins
    second sec secs
    everyone everybody
    someone somebody
    anyone anybody
    usa america
    uk britain
    os operating_system
    ai artificial_intelligence
    db database
    repo repository
    app application
    favorite favourite
    color colour
    legalize legalise
    center centre
    tree recursive recursively subdirectory subfolder subdirectories subfolders
    filesystem file_system filesystems
    website site web_site
    kid child children
    man men
    woman women
    motorcycle motorbike
    info information
    math maths mathematics
    physician doctor
    mail email
    account acct
    difference differ
    important importance
    defrost thaw
    glad happy
    hard difficult
    simple easy
    current working
    ago back
    change modify alter
    control controlling controlled
    cookie cookies
    compress gzip
    print printing
    uncompress decompress unpack
    cancel cancelled cancelling canceled
    travel travelling travelled traveling
    install setup installing installed
    sell selling
    call calling called
    learn study studying studies
"""

SAME: Final[Mapping[str, str]] = {
    word: group[0] for line in _SAME.strip().splitlines() for group in (line.split(),) for word in group
}
"""Word or its stem -> the word that stands for all that say the same."""

SHOWING: Final = frozenset("find search look locate display list show print see dispaly searche".split())
"""In a command they all ask for the same thing: which ones there are."""

ACTING: Final = frozenset(
    """
    add append archive calculate change check compress convert copy count create decompress delete download
    execute extract force forcefully format get give go kill make measure mount move open output print prompt
    read recursively remove rename replace report run save serch set sort split truncate unzip update upload
    use write
    """.split()
)
"""Together with SHOWING: a text that begins with one of them is a command."""

NUMBERS: Final[Mapping[str, str]] = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split()
    )
} | {"twenty": "20", "thirty": "30", "hundred": "100", "thousand": "1000", "dozen": "12", "first": "1th"}
UNITS: Final = frozenset(
    """
    b kb mb gb tb kib mib gib k g byte bit block inode ms second minute hour day week month year kg g km m cm
    mm inch foot mile percent usd inr eur dollar rupee lakh crore hz ghz mhz fps px em pt degree am pm
    """.split()
)

NEGATIVE: Final = frozenset("not no never none neither nor nobody nothing nowhere cannot hardly".split())
LEAVING_OUT: Final = frozenset(
    """
    without except excluding exclude excludes excluded ignoring ignore skipping skip omit omitting besides
    non lacking lack but unless instead
    """.split()
)
"""Turn what follows round, as a negation does."""

_OPPOSITES: Final = """
    enable disable
    allow deny
    allow forbid
    start stop
    open close
    on off
    up down
    in out
    add remove
    add delete
    create delete
    install uninstall
    increase decrease
    raise lower
    more less
    most least
    max min
    maximum minimum
    before after
    first last
    newest oldest
    newer older
    newer old
    ascending descending
    smallest largest
    smallest biggest
    short long
    upload download
    import export
    encrypt decrypt
    encode decode
    compress extract
    compress decompress
    zip unzip
    lock unlock
    mute unmute
    buy sell
    best worst
    advantage disadvantage
    pro con
    benefit drawback
    strength weakness
    push pull
    read write
    left right
    top bottom
    above below
    empty nonempty
    public private
    internal external
    include exclude
    include leaving_out
    true false
    legal illegal
    safe dangerous
    gain lose
    win lose
    love hate
    men women
    man woman
    male female
    boy girl
    husband wife
    boyfriend girlfriend
    daily weekly
    weekly monthly
    monthly yearly
    horizontal vertical
    mount unmount
    connect disconnect
    send receive
    attach detach
    grant revoke
    subscribe unsubscribe
    upgrade downgrade
    local remote
    server client
    input output
    success failure
    file directory
    file folder
    my your
    usual unusual
    hot cold
"""
OPPOSITES: Final = frozenset(frozenset(line.split()) for line in _OPPOSITES.strip().splitlines())

ROLES: Final = frozenset(
    """
    of to in on at by for as with from into onto about under below within inside than before after without
    over above against between during through per via toward towards across like until till since while that
    which who whose where when because if not no never except excluding but versus vs
    """.split()
)
"""Words that give the words after them their part in the sentence."""
DIRECTED: Final = frozenset("by from before after than against until till since instead onto outside".split())
"""Roles that change the answer when they change hands."""

ARGUMENTS: Final = frozenset("to into onto with by than if as".split())
"""Roles whose words cannot leave them, in a command."""
CONTRARY: Final = frozenset(
    frozenset(pair.split())
    for pair in ("for with", "for by", "for from", "to from", "to by", "to with", "into from", "for in")
)
"""Roles that make a difference to the same words."""

KINDS: Final[Mapping[str, str]] = {
    "how": "how",
    "why": "why",
    "when": "when",
    "where": "where",
    "who": "who",
    "whom": "who",
    "whose": "who",
    "what": "what",
    "which": "what",
    **dict.fromkeys("can could may might".split(), "may"),
    **dict.fromkeys("should ought".split(), "ought"),
    **dict.fromkeys("must shall need".split(), "must"),
    **dict.fromkeys("is are am was were do does did has have had".split(), "whether"),
    **dict.fromkeys("will would".split(), "will"),
}
"""First word of a question -> what it asks for."""

PERSONS: Final[Mapping[str, tuple[str, str]]] = {
    "my": ("i", "first"),
    "mine": ("i", "first"),
    "our": ("we", "first"),
    "your": ("you", "second"),
    "yours": ("you", "second"),
    "his": ("he", "his"),
    "her": ("she", "her"),
    "their": ("they", "their"),
}
"""Possessive -> the subject that it may go with unnoticed, and what it says otherwise."""

PLACES: Final = frozenset("in at on under below within inside from through of".split())
TARGETS: Final = frozenset("to into onto".split())
"""In a command, what a literal is for: where to look, or where to put."""
NOUNS: Final = frozenset("file folder line link user group process".split())
"""In a command, the things that an adjective can belong to."""
ADJECTIVES: Final = frozenset(
    "empty regular hidden executable symbolic readable old new large small long short current".split()
)
MENDING: Final = frozenset("copy delete move change count rename replace".split())
"""In a command beside which `find` says nothing."""
COURTEOUS: Final = frozenset(
    """
    named entire whole present their its specified given under below within inside all me us
    """.split()
)
"""Empty in commands."""

UNSTEMMED: Final = frozenset(
    """
    news windows species series always physics maths politics economics mathematics james sales states goods
    glasses this his was us bus gas ios aws nginx redis postgres kubernetes does less canvas atlas linux unix
    during nothing something anything everything string king ring thing sing bring spring red bed need feed
    seed speed wed sled united jobs pass class access process address business wireless js css https dns os
    ms windows texas paris charles times being building
    """.split()
)
"""Words whose last letters are no ending."""
