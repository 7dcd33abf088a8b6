export { createTerminalAdapter } from './adapter.js';
