/** The same work by crossfilter2 and regl-scatterplot, on columns and points that the server gives. */

import { createCrossfilter } from './ours.js';
import createScatterplot from './scatterplot.js';

async function safetensors(path) {
  const body = await (await fetch(`../${path}`)).arrayBuffer();
  const start = 8 + Number(new DataView(body).getBigUint64(0, true));
  const { __metadata__: _, ...header } = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 8, start - 8)));
  const types = { F32: Float32Array, I16: Int16Array };
  const array = ({ dtype, data_offsets: [from, to] }) => new types[dtype](body.slice(start + from, start + to));
  return Object.fromEntries(Object.entries(header).map(([name, entry]) => [name, array(entry)]));
}

async function columnsOf({ phenotypes, told }) {
  const charted = [...phenotypes, ...told].slice(0, MOST_COLUMNS);
  const names = charted.map(({ name }) => name);
  const parts = [];
  for (let i = 0; i < names.length; i += 20) parts.push(await safetensors(`columns?names=${names.slice(i, i + 20)}`));
  const values = Object.assign({}, ...parts);
  return charted.map(({ name, levels }) => ({
    name,
    kind: levels.length ? 'levels' : 'numeric',
    levels,
    values: values[name],
  }));
}

const GOLDEN = 0.382;
/** As many as fit on a screen: with all fifty crossfilter2 sorts a million rows for minutes. */
const MOST_COLUMNS = 16;

/** Every column as ours and as crossfilter2 hold it; crossfilter2 gets the bin of each value, ready made. */
window.linkedCharts = async () => {
  const columns = await columnsOf(await (await fetch('../describe')).json());
  const n = columns[0].values.length;
  const ours = createCrossfilter({ n, columns });
  const edges = columns.map(({ name }) => ours.counts(name).edges);
  const theirs = crossfilter(Array.from({ length: n }, (_, i) => i));
  const brushed = columns[0].values;
  const brush = theirs.dimension((i) => (Number.isNaN(brushed[i]) ? -1e9 : brushed[i]));
  const codes = columns.map((column, k) => column.values.map((value) => binOf(column, value, edges[k])));
  const groups = codes.map((code) => theirs.dimension((i) => code[i]).group());
  const bounds = (i) => [edges[0][2], edges[0][4 + Math.floor(12 * ((i * GOLDEN) % 1))]];
  const steps = {
    ours: (low, high) => {
      ours.setBrush(columns[0].name, { low, high });
      return columns.map(({ name }) => ours.counts(name));
    },
    theirs: (low, high) => {
      brush.filterRange([low, high]);
      return groups.map((group) => group.all());
    },
  };
  window.brushed = (whose, i) => {
    const begun = performance.now();
    steps[whose](...bounds(i));
    return (performance.now() - begun) / 1000;
  };
  /** Whether both count alike; a value that is the upper bound itself belongs to ours alone. */
  window.alike = (i) => {
    const [low, high] = bounds(i);
    const mine = steps.ours(low, high);
    const others = steps.theirs(low, high + 1e-9 * Math.abs(high));
    return mine.every(({ shown, missingShown }, k) => {
      const of = new Map(others[k].map(({ key, value }) => [key, value]));
      return shown.every((value, bin) => value === (of.get(bin) ?? 0)) && missingShown === (of.get(-1) ?? 0);
    });
  };
};

function binOf({ kind }, value, edges) {
  if (kind === 'levels') return value;
  if (Number.isNaN(value)) return -1;
  let bin = 0;
  while (bin < edges.length - 2 && value >= edges[bin + 1]) bin++;
  return bin;
}

/** A map of regl-scatterplot; `pan` moves it by one step. */
window.scatterMap = async (width, height) => {
  const { maps } = await (await fetch('../describe')).json();
  const { points } = await safetensors(`points?space=${maps[0].space}&method=${maps[0].method}`);
  const reach = points.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  const along = (axis) => Float32Array.from({ length: points.length / 2 }, (_, i) => points[2 * i + axis] / reach || 0);
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(canvas);
  const map = createScatterplot({ canvas, width, height, pointSize: 2, opacity: 0.8 });
  await map.draw({ x: along(0), y: along(1) });
  window.pan = (frame) => {
    const at = (frame % 16 < 8 ? frame % 8 : 8 - (frame % 8)) / 20;
    map.view(Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, at, 0, 0, 1), { preventEvent: true });
  };
};

/** Frames a second while `step` is done in each. */
window.rate = (step, seconds) =>
  new Promise((done) => {
    let frames = 0;
    const begun = performance.now();
    const tick = (now) => {
      if (now - begun >= 1000 * seconds) return done((1000 * frames) / (performance.now() - begun));
      step(frames++);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });

window.ready = true;
