// The live picture: asks for the next JPEG when the last is shown, and for none while the page is hidden, so that the
// camera may rest.

const canvas = document.getElementById("preview");
const context = canvas.getContext("2d");
const AGAIN_MS = 1000;

let socket = null;
let running = false; // whether there is a session
let notBefore = 0;

// Opens or closes the connection, whenever there may be a reason to.
export function watch(is = running) {
  running = is;
  if (document.hidden || !running) {
    socket?.close();
    socket = null;
  } else if (socket === null && performance.now() >= notBefore) {
    open();
  }
}

function open() {
  const address = new URL("preview", location.href);
  address.protocol = "ws:";
  const own = (socket = new WebSocket(address));
  own.binaryType = "blob";
  own.addEventListener("open", () => own.send("next"));
  own.addEventListener("message", async ({ data }) => {
    await show(data);
    if (own.readyState === WebSocket.OPEN) own.send("next");
  });
  own.addEventListener("close", () => {
    if (own !== socket) return;
    socket = null;
    notBefore = performance.now() + AGAIN_MS;
  });
}

async function show(data) {
  const picture = await createImageBitmap(data);
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.style.setProperty("--ratio", picture.width / picture.height);
  }
  context.drawImage(picture, 0, 0);
  picture.close();
  canvas.dataset.frames = Number(canvas.dataset.frames ?? 0) + 1;
}
