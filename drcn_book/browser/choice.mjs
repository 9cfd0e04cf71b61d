// Which weights fit a picture, as drcn_book/choice says it: by what its file tells and its pixels show.
import { fileQuality, standardSteps } from "./choice_told.mjs";

/** From where on a picture is "real": see choice.Limits, which a test holds equal. */
export const LIMITS = { quality: 90, noise: 1.75, lumaNoise: 4.5 };

// See drcn_book/choice/pixels.py for what these mean and where they are from.
const GRID = 0.02, FIT = 20, ALIKE = 0.3, SMALLEST = 32, TILE = 128, TILES = 3;
const COSINES = Float64Array.from({ length: 64 }, (_, i) =>
  Math.cos(Math.PI * (i >> 3) * (2 * (i & 7) + 1) / 16) * (i >> 3 ? 0.5 : Math.sqrt(1 / 8)));
const DIFFERENCE = [1, -4, 6, -4, 1].map((value) => value / Math.sqrt(70));
const GREY_NOISE = Math.hypot(65.481, 128.553, 24.966) / 219;

/** Planes { height, width, data } over the part of a plane that squares spread over the picture cover. */
function tilesOf({ height, width, data }) {
  const places = (length) => length <= TILE * TILES ? [[0, length]] : [0, 1, 2].map(
    (i) => Math.floor(Math.floor(i * (length - TILE) / (TILES - 1)) / 8) * 8).map((start) => [start, TILE]);
  return places(height).flatMap(([top, high]) => places(width).map(([left, wide]) => {
    const tile = new Float64Array(high * wide);
    for (let row = 0; row < high; row++) {
      const from = (top + row) * width + left;
      tile.set(data.subarray(from, from + wide), row * wide);
    }
    return { height: high, width: wide, data: tile };
  }));
}

/** The 64 DCT coefficients, frequency by frequency down and across, of the 8 x 8 pixels from a corner. */
function transformed({ width, data }, top, left, along, result) {
  for (let row = 0; row < 8; row++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let k = 0, from = (top + row) * width + left; k < 8; k++) sum += data[from + k] * COSINES[8 * u + k];
      along[8 * row + u] = sum;
    }
  }
  for (let v = 0; v < 8; v++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += along[8 * k + u] * COSINES[8 * v + k];
      result[8 * v + u] = sum;
    }
  }
}

function jpegTraces(tiles) {
  const zeros = new Float64Array(64), along = new Float64Array(64), block = new Float64Array(64);
  for (const tile of tiles) {
    const sums = new Float64Array(64), counts = new Float64Array(64);
    for (let top = 0; top + 8 <= tile.height; top++) {
      for (let left = 0; left + 8 <= tile.width; left++) {
        transformed(tile, top, left, along, block);
        const phase = 8 * (top % 8) + left % 8;
        counts[phase]++;
        // Flat and slowly varying parts tell nothing: only the finer coefficients count.
        for (let u = 0; u < 8; u++) {
          const first = Math.max(0, 3 - u);
          let small = 0;
          for (let v = first; v < 8; v++) if (Math.abs(block[8 * v + u]) < 1) small++;
          sums[phase] += small / (8 - first);
        }
      }
    }
    for (let phase = 0; phase < 64; phase++) zeros[phase] += sums[phase] / counts[phase] / (8 * tiles.length);
  }
  const [first, second] = [...zeros].sort((a, b) => b - a), phase = zeros.indexOf(first);
  if (first - second < GRID) return null;
  const values = Array.from({ length: 64 }, () => []);
  for (const tile of tiles) {
    for (let top = phase >> 3; top + 8 <= tile.height; top += 8) {
      for (let left = phase & 7; left + 8 <= tile.width; left += 8) {
        transformed(tile, top, left, along, block);
        for (let i = 1; i < 64; i++) values[i].push(block[i]);
      }
    }
  }
  let best = FIT, found = null;
  for (let quality = 5; quality < 99; quality++) {   // beyond, the steps are 1
    const steps = standardSteps(quality);
    let fit = 0, told = 0;
    for (let i = 1; i < 64; i++) {
      if (steps[i] === 1) continue;
      for (const value of values[i]) {
        if (Math.abs(value) > 0.6 * steps[i]) { fit += Math.cos(2 * Math.PI * value / steps[i]); told++; }
      }
    }
    fit /= Math.sqrt(Math.max(told, 1));
    if (fit > best) [best, found] = [fit, quality];
  }
  return found;
}

/** The standard deviation of the finest detail in the calmest blocks: see choice.pixels._finest. */
function finest(tiles, brightness, share) {
  const found = [];
  tiles.forEach(({ height, width, data }, n) => {
    const wide = width - 4, high = height - 4, across = new Float64Array(height * wide);
    const weigh = (source, from, step) => DIFFERENCE.reduce((sum, d, k) => sum + d * source[from + k * step], 0);
    for (let i = 0; i < across.length; i++) across[i] = weigh(data, Math.floor(i / wide) * width + i % wide, 1);
    for (let top = 0; top + 8 <= high; top += 8) {
      for (let left = 0; left + 8 <= wide; left += 8) {
        let power = 0, level = 0;
        for (let i = 0; i < 64; i++) {
          const row = top + (i >> 3), column = left + (i & 7);
          power += weigh(across, row * wide + column, wide) ** 2 / 64;
          level += brightness[n].data[(row + 2) * width + column + 2] / 64;
        }
        if (level > 8 && level < 247) found.push(power);
      }
    }
  });
  if (!found.length) return 0;
  found.sort((a, b) => a - b);
  const place = share * (found.length - 1), low = Math.floor(place);
  return Math.sqrt(found[low] + (place - low) * ((found[low + 1] ?? found[low]) - found[low]));
}

/** Whether many neighbours are exactly alike, as in what was drawn. */
function isDrawn(channels, height, width) {
  let inside = 0, alike = 0;
  const between = (value) => value > 8 && value < 247;
  for (let i = 0; i < height * width; i++) {
    if (i % width === width - 1 || !channels.some((data) => between(data[i]) && between(data[i + 1]))) continue;
    inside++;
    if (channels.every((data) => data[i] === data[i + 1])) alike++;
  }
  return inside > 0 && alike / inside > ALIKE;
}

/** What a picture shows: see choice.look. pixels: RGBA, 8 bits. */
function look(pixels, width, height) {
  const [red, green, blue] = [0, 1, 2].map((c) =>
    Float64Array.from({ length: width * height }, (_, i) => pixels[4 * i + c] * (pixels[4 * i + 3] / 255)));
  const grey = red.every((value, i) => value === green[i] && value === blue[i]);
  const plane = (data) => tilesOf({ height, width, data });
  const luma = plane(grey ? red : red.map((value, i) => 0.299 * value + 0.587 * green[i] + 0.114 * blue[i]));
  return {
    traces: jpegTraces(luma),
    drawn: isDrawn(grey ? [red] : [red, green, blue], height, width),
    noise: grey ? 0 : finest(plane(red.map((value, i) => value - green[i])), luma, 0.25) / 1.22,
    lumaNoise: finest(luma, luma, 0.02) / (0.62 * GREY_NOISE),
    grey,
  };
}

/** The weights that fit a picture, "clean" or "real", and why, in words that go after "because".
 *
 * pixels: RGBA of 8 bits, as of a canvas; bytes: those of its file, a Uint8Array, or null where there is none. */
export function choose(pixels, width, height, bytes = null) {
  const told = bytes && fileQuality(bytes);
  let said = "";
  if (told) {
    said = `its ${told.kind} quality is ${told.kind === "JPEG" ? "about" : "like JPEG of"} ${told.quality}`;
    if (told.quality <= LIMITS.quality) return { name: "real", why: said };
    said += ", and ";
  }
  const clean = (why) => ({ name: "clean", why: said + why });
  if (told?.components === 4) return clean("CMYK is judged by what the file says alone");
  if (Math.min(width, height) < SMALLEST) return clean("it is too small to show more");
  const { traces, drawn, noise, lumaNoise, grey } = look(pixels, width, height);
  if (traces !== null && traces <= LIMITS.quality) {
    return { name: "real", why: `it shows traces of JPEG of a quality of about ${traces}` };
  }
  if (drawn) return clean("it has the even surfaces of a drawing");
  if (noise >= LIMITS.noise || ((said || traces !== null || grey) && lumaNoise >= LIMITS.lumaNoise)) {
    const level = noise >= LIMITS.noise ? noise : lumaNoise;
    return { name: "real", why: `it shows noise of about ${level.toFixed(0)} levels` };
  }
  return clean("it shows neither JPEG nor noise");
}
