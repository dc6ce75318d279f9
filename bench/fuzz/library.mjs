// The doors that an input goes through, as one module.
export * from '../../dist/generate/index.js';
export * from '../../dist/internal.js';
export * from '../../dist/node.js';
export * from '../../dist/text.js';
