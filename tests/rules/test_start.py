"""What a command costs before it does anything."""

import resource
import subprocess
import sys


def test_help_takes_little_cpu():
    """`penstock --help` takes at most 0.3 s of CPU: a command loads what it needs, when it needs it."""
    assert min(cpu_of([sys.executable, "-m", "penstock", "--help"]) for _ in range(3)) <= 0.3


def test_help_loads_no_database_and_no_server():
    """`penstock --help` imports neither SQLAlchemy nor aiohttp nor granian."""
    program = (
        "import sys, runpy\n"
        "sys.argv = ['penstock', '--help']\n"
        "try: runpy.run_module('penstock', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('loaded:', sorted({'sqlalchemy', 'aiohttp', 'granian', 'alembic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"


def cpu_of(command: list[str]) -> float:
    """Seconds of CPU, of user and system, that a command took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Without what a coverage run puts into its children.
    subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
