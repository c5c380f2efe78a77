/** regl, which is no module, as one. */
export default window.createREGL;
