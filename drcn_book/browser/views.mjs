// Patches and their eight flips and turns, as drcn_book/images.py's `eight_views`.

/** A square out of a picture { height, width, data }: its `side`² values, row by row. */
export function cut({ width, data }, top, left, side) {
  return Array.from({ length: side * side }, (_, i) => data[(top + Math.floor(i / side)) * width + left + i % side]);
}

/** Number v of a square: turned v times by 90 degrees against the clock; from 4 on, then mirrored. */
export function view(square, side, v) {
  return square.map((_, i) => {
    let row = Math.floor(i / side), column = i % side;
    if (v >= 4) column = side - 1 - column;
    for (let turn = 0; turn < v % 4; turn++) [row, column] = [column, side - 1 - row];
    return square[row * side + column];
  });
}
