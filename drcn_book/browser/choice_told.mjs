// What a file tells of its losses, as drcn_book/choice/told.py reads it: JPEG's tables, WebP's quantiser.

const WEBP = [[0, 100], [6, 97], [12, 93], [20, 90], [27, 86], [36, 80], [52, 71], [127, 30]];
const STEPS = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** libjpeg's luma table of a quality, row by row. */
export function standardSteps(quality) {
  const share = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return STEPS.map((step) => Math.min(Math.max(Math.floor((step * share + 50) / 100), 1), 255));
}

/** The luma quantisation table of a JPEG file, and how many components it has; null where it has no table. */
function quantisation(bytes) {
  if (bytes[0] !== 0xFF || bytes[1] !== 0xD8) return null;
  const tables = {};
  let wanted = 0, components = 0, at = 2;
  while (at + 1 < bytes.length && bytes[at] === 0xFF && bytes[at + 1] !== 0xDA) {
    const marker = bytes[at + 1];
    if (marker === 0xFF) { at++; continue; }   // a byte of filling
    if (at + 3 >= bytes.length) break;
    const length = Math.max(bytes[at + 2] * 256 + bytes[at + 3] - 2, 0);
    let body = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    if (marker === 0xDB) {
      while (body.length) {
        const wide = body[0] >> 4 ? 2 : 1;
        if (body.length > 64 * wide) {
          tables[body[0] & 15] = Array.from({ length: 64 }, (_, i) =>
            wide === 1 ? body[1 + i] : body[1 + 2 * i] * 256 + body[2 + 2 * i]);
        }
        body = body.subarray(1 + 64 * wide);
      }
    } else if (marker >> 4 === 0xC && ![0xC4, 0xC8, 0xCC].includes(marker) && body.length > 8) {
      wanted = body[8];
      components = body[5];
    }
  }
  return tables[wanted] ? { table: tables[wanted], components } : null;
}

function tableQuality(table) {
  const size = (steps) => mean(steps.map((step) => Math.log(Math.max(step, 1))));
  const wanted = size(table);
  let best = [Infinity, 0];
  for (let quality = 100; quality > 0; quality--) {   // of equals the greatest
    const distance = Math.abs(size(standardSteps(quality)) - wanted);
    if (distance < best[0]) best = [distance, quality];
  }
  return best[1];
}

/** VP8's boolean decoder, for bits that are as often 0 as 1: a function that reads so many bits as a number. */
function decoder(data) {
  let value = (data[0] << 8) | data[1], range = 255, used = 0, next = 2;
  const bit = () => {
    const split = (range + 1) >> 1, one = value >= split << 8;
    if (one) value -= split << 8;
    range = one ? range - split : split;
    while (range < 128) {
      value *= 2;
      range *= 2;
      if (++used % 8 === 0) value |= data[next++] ?? 0;
    }
    return Number(one);
  };
  return (bits) => {
    let number = 0;
    for (; bits > 0; bits--) number = 2 * number + bit();
    return number;
  };
}

/** The quantiser index of a lossy WebP file, 0 to 127; null of any other file. */
function webpQuantiser(bytes) {
  const name = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (name(0) !== "RIFF" || name(8) !== "WEBP") return null;
  let at = 12;
  while (at + 8 <= bytes.length && name(at) !== "VP8 ") {
    const size = bytes[at + 4] + 256 * (bytes[at + 5] + 256 * (bytes[at + 6] + 256 * bytes[at + 7]));
    at += 8 + size + size % 2;
  }
  const frame = bytes.subarray(at + 8, at + 108);
  if (frame.length < 12 || frame[3] !== 0x9D || frame[4] !== 0x01 || frame[5] !== 0x2A) return null;
  const read = decoder(frame.subarray(10));
  const options = (count, bits) => { for (; count > 0; count--) if (read(1)) read(bits); };
  read(2);   // colour space, clamping
  if (read(1)) {   // segments
    const mapped = read(1);
    if (read(1)) { read(1); options(4, 8); options(4, 7); }
    if (mapped) options(3, 8);
  }
  read(10);   // the loop filter
  if (read(1) && read(1)) options(8, 7);
  read(2);   // partitions
  return read(7);
}

function likeJpeg(index) {
  const i = Math.min(Math.max(WEBP.findIndex(([x]) => x > index), 1), WEBP.length - 1);
  const [[x0, y0], [x1, y1]] = [WEBP[i - 1], index >= 127 ? WEBP.at(-1) : WEBP[i]];
  const value = index >= 127 ? y1 : y0 + (y1 - y0) * (index - x0) / (x1 - x0), low = Math.floor(value);
  return value - low === 0.5 ? low + low % 2 : Math.round(value);   // halves go to the even one, as in Python
}

/** What a file tells: { kind, quality, components }, the kind "JPEG" or "WebP"; null where it tells nothing. */
export function fileQuality(bytes) {
  const jpeg = quantisation(bytes);
  if (jpeg) return { kind: "JPEG", quality: tableQuality(jpeg.table), components: jpeg.components };
  const index = webpQuantiser(bytes);
  return index === null ? null : { kind: "WebP", quality: likeJpeg(index), components: 3 };
}
