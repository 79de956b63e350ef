"""The gateways that are compared, each installed and started in the way its makers describe."""

import subprocess
import sys
from pathlib import Path

from rig.processes import GATEWAY_CORE, OTHERS_CORE, ROOT, Running, cache, free_port, need, start
from rig.upstream import ANSWER

LITELLM = "1.106.2"
PORTKEY = "1.15.2"
KEY = "sk-bench-0123456789abcdef"
NGINX = """
worker_processes 1;
daemon off;
pid {folder}/{name}.pid;
error_log {folder}/{name}.error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_buffer_size 2m;
    client_max_body_size 20m;
    client_body_temp_path {folder}/{name}.body;
    proxy_temp_path {folder}/{name}.proxy;
    fastcgi_temp_path {folder}/{name}.fastcgi;
    uwsgi_temp_path {folder}/{name}.uwsgi;
    scgi_temp_path {folder}/{name}.scgi;
    {upstream}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            {location}
        }}
    }}
}}
"""


def upstream_nginx(folder: Path) -> Running:
    """A model that answers at once, on the core of the others."""
    fixed = f"default_type application/json; return 200 '{ANSWER.decode()}';"
    return nginx("upstream", folder, OTHERS_CORE, location=fixed)


def upstream_timed(folder: Path) -> Running:
    """A model that answers after 20 ms and can stream (upstream.py)."""
    port = free_port()
    command = [sys.executable, ROOT / "bench/rig/upstream.py", port]
    return start("timed", list(map(str, command)), port, folder, core=OTHERS_CORE)


def proxy_nginx(folder: Path, upstream: int) -> Running:
    """The ceiling: nginx, which only passes bytes on."""
    pass_on = "proxy_pass http://model; proxy_http_version 1.1; proxy_buffering off; "
    pass_on += 'proxy_set_header Connection "";'
    model = f"upstream model {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}"
    return nginx("nginx", folder, GATEWAY_CORE, location=pass_on, upstream=model)


def nginx(name: str, folder: Path, core: int, *, location: str, upstream: str = "") -> Running:
    port = free_port()
    config = folder / f"{name}.conf"
    config.write_text(NGINX.format(folder=folder, name=name, port=port, location=location, upstream=upstream))
    return start(name, [need("nginx", "nginx-light"), "-p", folder, "-c", config], port, folder, core=core)


def penstock(folder: Path, upstream: int) -> Running:
    """Penstock with everything on: key, limits, budgets, ledger, price, metrics, records."""
    port = free_port()
    config = folder / "penstock.yaml"
    config.write_text(
        f"""
providers:
  up: {{kind: openai_compatible, base_url: 'http://127.0.0.1:{upstream}/v1', api_key: env:BENCH_UPSTREAM}}
models:
  bench: {{targets: [{{provider: up, model: bench}}]}}
keys:
  - {{name: bench, secret: env:BENCH_KEY, user: bench, team: bench, organization: bench}}
prices:
  up/bench: {{input: 0.40, output: 1.60}}
limits:
  - {{scope: key, requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 10000}}
  - {{scope: team, requests_per_minute: 100000000}}
budgets:
  - {{scope: organization, usd: 1000000}}
  - {{scope: user, usd: 1000000, period: day}}
"""
    )
    running = start(
        "penstock",
        [
            ROOT / ".venv/bin/penstock",
            "up",
            "--config",
            config,
            "--port",
            str(port),
            "--data",
            folder / f"data-{port}",
        ],
        port,
        folder,
        core=GATEWAY_CORE,
        path="/live",
        env={"BENCH_KEY": KEY, "BENCH_UPSTREAM": "sk-upstream"},
    )
    running.headers = {"Authorization": f"Bearer {KEY}"}
    return running


def litellm(folder: Path, upstream: int) -> Running:
    """LiteLLM's proxy, one worker, master key set."""
    venv = cache() / f"litellm-{LITELLM}"
    if not (venv / "done").exists():
        print(f"installing litellm[proxy]=={LITELLM} into {venv} ...", file=sys.stderr)
        uv = ROOT / ".venv/bin/uv"
        run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv)
        run(uv, "pip", "install", "--quiet", "--python", venv / "bin/python", f"litellm[proxy]=={LITELLM}")
        (venv / "done").touch()
    port = free_port()
    config = folder / "litellm.yaml"
    config.write_text(
        f"""
model_list:
  - model_name: bench
    litellm_params: {{model: openai/bench, api_base: 'http://127.0.0.1:{upstream}/v1', api_key: sk-upstream}}
general_settings: {{master_key: {KEY}}}
"""
    )
    running = start(
        "litellm",
        [venv / "bin/litellm", "--config", config, "--port", str(port), "--num_workers", "1"],
        port,
        folder,
        core=GATEWAY_CORE,
        path="/health/liveliness",
        env={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
    )
    running.headers = {"Authorization": f"Bearer {KEY}"}
    return running


def portkey(folder: Path, upstream: int) -> Running:
    """Portkey's gateway from npm."""
    home = cache() / f"portkey-{PORTKEY}"
    program = home / "node_modules/@portkey-ai/gateway/build/start-server.js"
    if not program.exists():
        print(f"installing @portkey-ai/gateway@{PORTKEY} into {home} ...", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        package = f"@portkey-ai/gateway@{PORTKEY}"
        run(need("npm", "npm"), "install", "--silent", "--no-audit", "--no-fund", "--prefix", home, package)
    port = free_port()
    command = [need("node", "nodejs"), program, f"--port={port}", "--headless"]
    running = start("portkey", command, port, folder, core=GATEWAY_CORE)
    running.headers = {
        "Authorization": "Bearer sk-upstream",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{upstream}/v1",
    }
    return running


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True)


PEERS = {"nginx": proxy_nginx, "litellm": litellm, "portkey": portkey, "penstock": penstock}
