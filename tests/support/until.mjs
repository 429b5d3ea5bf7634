// Waiting, as the contract suite does, which is part of the package.

export { PATIENCE_MS, until } from '../../contract/until.js';
