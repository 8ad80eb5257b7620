"""What a page in a headless browser sees of a virtual camera, as in a video call."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from running import near, until

PAGE = """<!doctype html><video id=v muted playsinline></video><script>
const sleep = ms => new Promise(r => setTimeout(r, ms));
const post = o => fetch('/report', {method: 'POST', body: JSON.stringify(o)});
const began = performance.now();
(async () => {
  let camera;
  for (;;) {  // as a call does that was opened before the camera was there
    const found = (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind == 'videoinput');
    camera = found.find(d => d.label.includes('NAME'));
    if (camera) break;
    if (!found.some(d => d.label))  // Firefox tells names once a camera has been given to the page
      await navigator.mediaDevices.getUserMedia({video: true}).then(s => s.getTracks().forEach(t => t.stop()), () => 0);
    await post({waiting: found.map(d => d.label)});
    await sleep(500);
  }
  const stream = await navigator.mediaDevices.getUserMedia({video: {deviceId: {exact: camera.deviceId}}});
  v.srcObject = stream;
  await v.play();
  const c = document.createElement('canvas');
  const g = c.getContext('2d', {willReadFrequently: true});
  let frames = 0;
  const next = () => new Promise(r => v.requestVideoFrameCallback(() => { frames++; r(); }));
  for (;;) {
    await next();
    if (frames % 5) continue;
    c.width = v.videoWidth; c.height = v.videoHeight;
    g.drawImage(v, 0, 0);
    const at = (x, y) => [...g.getImageData(c.width * x, c.height * y, 1, 1).data].slice(0, 3);
    await post({ms: performance.now() - began, frames, size: [c.width, c.height], label: camera.label,
                top: at(0.3, 0.03), middle: at(0.5, 0.6), settings: stream.getVideoTracks()[0].getSettings()});
  }
})().catch(e => post({error: String(e)}));
</script>"""


CHROMIUM = (
    "chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync "
    "--disable-component-update --disable-extensions --use-fake-ui-for-media-stream "
    "--autoplay-policy=no-user-gesture-required"
)
FIREFOX = {  # preferences
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
}
# The page is our own; where the kernel lets a sandbox start processes but not run them, as User Mode Linux does,
# Firefox starts them over and over.
NO_SANDBOX = {f"MOZ_DISABLE_{each}_SANDBOX": "1" for each in ("CONTENT", "GMP", "RDD", "SOCKET_PROCESS", "UTILITY")}


def browser_command(browser: str, profile: str, address: str, preferences: Mapping[str, bool]) -> list[str]:
    if browser == "chromium":
        return [*CHROMIUM.split(), f"--user-data-dir={profile}", address]
    both = FIREFOX | preferences
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in both.items()]
    Path(profile, "user.js").write_text("".join(lines))
    return [browser, "--headless", "--no-remote", "--profile", profile, address]


@contextmanager
def page(
    camera: str, browser: str = "chromium", preferences: Mapping[str, bool] = MappingProxyType({})
) -> Iterator[list[dict[str, Any]]]:
    """Open the page; the list grows by what it reports of the camera whose label contains `camera`.

    Preferences are Firefox's.
    """
    reports: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.replace("NAME", camera).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = browser_command(browser, profile, f"http://localhost:{server.server_port}/", preferences)
        quiet = subprocess.DEVNULL
        running = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=os.environ | NO_SANDBOX)
        try:
            yield reports
        finally:
            running.kill()
            running.wait()
            server.shutdown()


def watched(reports: list[dict[str, Any]], colour: tuple[int, int, int], seconds: float = 5) -> dict[str, Any]:
    """Wait until the page sees the background, and watch on; return the last report, with its `rate` and the
    seconds `waited_s`."""

    def shown() -> dict[str, Any] | None:
        assert not reports or "error" not in reports[-1], reports[-1]
        return next((each for each in reports if "top" in each and near(each["top"], colour)), None)

    waited_s = until(shown, 90, "the background in the browser")
    first = shown()
    assert first is not None
    time.sleep(seconds)
    last = reports[-1]
    assert "error" not in last, last
    assert last["frames"] > first["frames"] + seconds, "the picture stands still"
    assert near(last["top"], colour), last
    assert not near(last["middle"], colour), "there is nobody in the picture"
    rate = (last["frames"] - first["frames"]) / (last["ms"] - first["ms"]) * 1000
    return last | {"rate": rate, "waited_s": waited_s}
