"""runs.py - runs of scenarios, as the tools need them that compare what came of them"""

import json
import re
import subprocess

LIVE = re.compile(r"^\s*requires\s+live\b", re.M)


def is_live(scenario):
    """Whether it runs with services of this host only, so that no two runs need be alike."""
    return LIVE.search(scenario) is not None


def without_guards(scenario):
    """Its lines, without those that make mutants."""
    return [line for line in scenario.splitlines() if not line.lstrip().startswith("guards")]


def run(program, folder, *arguments):
    """The tests of `ringside run ARGUMENTS` in a folder, by name; an error of a file is raised."""
    command = [program, "run", "--json", "-j2", *arguments]
    result = subprocess.run(
        [str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    tests = {}
    for line in result.stdout.decode().splitlines():
        test = json.loads(line)
        if "summary" in test:
            continue
        if "errors" in test or test["verdict"] in ("error", "ringside's own fault"):
            raise ValueError(f"{test['name']}: {test['what']}")
        tests[test["name"]] = test
    if not tests:
        raise ValueError(f"nothing ran: {result.stderr.decode('utf-8', 'replace')}")
    return tests
