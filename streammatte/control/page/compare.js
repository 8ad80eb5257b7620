// Before and after: a frame and its result, and a slider that goes from the one to the other.

const LINE_PX = 2;

export class Compare {
  constructor(name) {
    this.element = document.createElement("div");
    this.element.className = "compare";
    this.canvas = Object.assign(document.createElement("canvas"), { ariaHidden: "true" }); // the slider speaks for it
    this.slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, value: 50 });
    this.slider.setAttribute("aria-label", `Before and after, ${name}`);
    this.slider.addEventListener("input", () => this.draw());
    this.element.append(this.canvas, this.slider);
    this.element.hidden = true;
    this.picture = null;
  }

  // Takes a picture with the frame on the left and the result on the right.
  async show(blob) {
    const picture = await createImageBitmap(blob);
    this.picture?.close();
    this.picture = picture;
    this.canvas.width = picture.width / 2;
    this.canvas.height = picture.height;
    this.element.hidden = false;
    this.canvas.dataset.pictures = Number(this.canvas.dataset.pictures ?? 0) + 1;
    this.draw();
  }

  draw() {
    const { picture, canvas } = this;
    const context = canvas.getContext("2d");
    const { width, height } = canvas;
    const at = Math.round((width * this.slider.value) / 100);
    context.clearRect(0, 0, width, height);
    if (at > 0) context.drawImage(picture, 0, 0, at, height, 0, 0, at, height);
    if (at < width) context.drawImage(picture, width + at, 0, width - at, height, at, 0, width - at, height);
    context.fillStyle = "#fff";
    context.shadowColor = "#000";
    context.shadowBlur = 4;
    context.fillRect(at - LINE_PX / 2, 0, LINE_PX, height);
    context.beginPath();
    context.arc(at, height / 2, 9, 0, 2 * Math.PI);
    context.fill();
    context.shadowBlur = 0;
  }
}
