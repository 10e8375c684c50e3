// Messages count code points, browsers UTF-16 units. One prefix table turns one into the other; texts without
// astral characters need none.
export function places(text) {
  if (!/[\ud800-\udfff]/.test(text)) return { points: text.length, toUnit: same, toPoint: same };
  const units = [];
  for (let i = 0; i < text.length; i += text.codePointAt(i) > 0xffff ? 2 : 1) units.push(i);
  const points = units.length;
  units.push(text.length);
  return {
    points,
    toUnit: (point) => units[Math.min(point, points)],
    toPoint(unit) {
      let low = 0, high = points;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (units[middle] <= unit) low = middle; else high = middle - 1;
      }
      return low;
    },
  };
}

function same(place) { return place; }
