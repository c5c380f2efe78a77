/** Notes when each canvas was last painted: bench.paint is canvas -> time, bench.event the newest gesture's time. */
(() => {
  const bench = { event: 0, last: 0, paint: new Map(), firstMap: null };
  window.bench = bench;
  let drawn = new Set();
  let inFrame = false;
  const channel = new MessageChannel();
  let frame = [];
  channel.port1.onmessage = () => {
    for (const canvas of frame) {
      bench.paint.set(canvas, performance.now());
      if (canvas.closest("[data-testid^=map-], [data-testid^=first-map-]"))
        bench.firstMap ??= performance.now();
    }
    if (frame.length) bench.last = performance.now();
    frame = [];
  };
  const ask = requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (act) =>
    ask((now) => {
      inFrame = true;
      try {
        act(now);
      } finally {
        inFrame = false;
      }
    });
  // The message runs after the frame that puts the drawing on screen: this one where it is drawn, else the next.
  function flush() {
    frame.push(...drawn);
    drawn = new Set();
    channel.port2.postMessage(0);
  }
  function note(canvas) {
    if (drawn.size === 0) inFrame ? queueMicrotask(flush) : ask(flush);
    drawn.add(canvas);
  }
  for (const name of [
    "clearRect",
    "drawImage",
    "fill",
    "fillRect",
    "putImageData",
    "stroke",
  ]) {
    const plain = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      if (this.canvas.isConnected) note(this.canvas);
      return plain.apply(this, given);
    };
  }
  for (const type of ["input", "pointermove", "pointerup", "change"])
    addEventListener(type, (event) => (bench.event = event.timeStamp), {
      capture: true,
    });
  /** From the event to the paint of the last canvas below `selector` that it made anew; null until all is still. */
  bench.taken = (selector, still) => {
    if (
      drawn.size ||
      frame.length ||
      bench.last < bench.event ||
      performance.now() - bench.last < still
    )
      return null;
    const times = [...document.querySelectorAll(selector)].map(
      (canvas) => bench.paint.get(canvas) ?? 0,
    );
    const anew = times.filter((time) => time > bench.event);
    return anew.length
      ? {
          ms: Math.max(...anew) - bench.event,
          anew: anew.length,
          of: times.length,
        }
      : null;
  };
  /** The same once it is so; looked for seldom, so that looking costs the page nothing. */
  bench.settled = (selector, still) =>
    new Promise((done) => {
      const look = () => {
        const said = bench.taken(selector, still);
        if (said) done(said);
        else setTimeout(look, 20);
      };
      look();
    });
  /** From the event to the frame that shows other counts than `before` (what the root element says of them). */
  bench.counted = (before) => {
    const said = () =>
      ["shown", "selected"]
        .map((name) => document.documentElement.dataset[name])
        .join();
    return new Promise((done) => {
      const told = () =>
        requestAnimationFrame(() =>
          setTimeout(() => done(performance.now() - bench.event)),
        );
      if (said() !== before) return told();
      const watch = new MutationObserver(
        () => said() !== before && (watch.disconnect(), told()),
      );
      watch.observe(document.documentElement, { attributes: true });
    });
  };
  /** Frames a second in which `step` was done and drawn, over `seconds`: asked once in each frame. */
  bench.rate = (step, seconds) =>
    new Promise((done) => {
      let frames = 0;
      const begun = performance.now();
      const tick = (now) => {
        if (now - begun >= 1000 * seconds)
          return done((1000 * frames) / (performance.now() - begun));
        step(frames++);
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
})();
