// A PNG file written strip by strip: never more than a strip of pixels is held, and what is compressed.

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function chunk(kind, data) {
  const bytes = new Uint8Array(data.length + 12), view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = kind.charCodeAt(i);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < bytes.length - 4; i++) crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  view.setUint32(bytes.length - 4, ~crc >>> 0);
  return bytes;
}

export class Png {
  /** alpha: whether the file has a channel for transparency. */
  constructor(width, height, alpha) {
    Object.assign(this, { width, channels: alpha ? 4 : 3, parts: [] });
    const head = new Uint8Array(13), view = new DataView(head.buffer);
    view.setUint32(0, width);
    view.setUint32(4, height);
    head.set([8, alpha ? 6 : 2], 8);   // bits a channel, and the kind of colour
    this.parts.push(Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk("IHDR", head));
    const stream = new CompressionStream("deflate");
    this.writer = stream.writable.getWriter();
    this.written = this.collect(stream.readable.getReader());
    this.above = new Uint8Array(width * this.channels);
  }

  async collect(reader) {
    for (let part; !(part = await reader.read()).done;) this.parts.push(chunk("IDAT", part.value));
  }

  /** The next rows, RGBA bytes. Each byte is told as its difference to Paeth's guess from those left and above. */
  async add(bytes) {
    const { width, channels } = this, line = width * channels, rows = bytes.length / (4 * width);
    const filtered = new Uint8Array(rows * (line + 1));
    for (let row = 0, o = 0; row < rows; row++) {
      const here = new Uint8Array(line), above = this.above;
      for (let i = 0, from = 4 * row * width; i < line; from += 4)
        for (let c = 0; c < channels; c++) here[i++] = bytes[from + c];
      filtered[o++] = 4;
      for (let i = 0; i < line; i++) {
        const a = i < channels ? 0 : here[i - channels], b = above[i], c = i < channels ? 0 : above[i - channels];
        const pa = Math.abs(b - c), pb = Math.abs(a - c), pc = Math.abs(a + b - 2 * c);
        filtered[o++] = here[i] - (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
      }
      this.above = here;
    }
    await this.writer.write(filtered);
  }

  async blob() {
    await this.writer.close();
    await this.written;
    return new Blob([...this.parts, chunk("IEND", new Uint8Array())], { type: "image/png" });
  }
}
