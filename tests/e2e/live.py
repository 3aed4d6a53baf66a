#!/usr/bin/env python3
"""live.py - with --live a program of the guest talks to a server that is a process of the host

The server is Python's own, on the loopback, at a port that is free. What the guest fetched is known by its digest. Without
--live nothing of the host is reached, and when the server is gone the guest sees a closed port.
"""

import functools
import http.server
import sys
import threading

from support import Bench

SCENARIO = "tcp/curl-from-the-host.scn"
USUAL_PORT = ":8000/"
SKIPPED = 77


class Handler(http.server.SimpleHTTPRequestHandler):
    """Counts requests, and says nothing."""

    asked = []

    def log_request(self, *_):
        self.asked.append(self.path)

    def log_message(self, *_):
        pass


def main():
    bench = Bench("live", __doc__.splitlines()[0])
    folder = bench.source
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    text = (bench.scenarios / SCENARIO).read_text().replace(USUAL_PORT, f":{server.server_port}/")
    bench.check(USUAL_PORT not in text, "the scenario names the usual port")
    path = bench.write("live/fetch.scn", text)

    run = bench.run("run", path)
    bench.check(run.status == SKIPPED and not Handler.asked, "without --live it is skipped, and nobody asks", run)
    run = bench.run("run", "--live", path)
    bench.check(run.status == 0 and "(live)" in run.stdout, "with --live the guest fetches the file", run)
    bench.check(Handler.asked == ["/LICENSE", "/no-such-file"], f"the server was asked for both: {Handler.asked}")
    other = bench.write("live/other.scn", text.replace("/LICENSE", "/README.md"))
    run = bench.run("run", "--live", other)
    bench.check(run.status != 0 and "sum exited without printing that" in run.stdout, "another file has another digest", run)
    server.shutdown()
    server.server_close()
    run = bench.run("run", "--live", path)
    bench.check(run.status != 0, "without a server it fails", run)
    bench.done()


if __name__ == "__main__":
    sys.exit(main())
