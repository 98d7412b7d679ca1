import './steps/require-node.js';
import { build } from './steps/build.js';

process.exitCode = build() ? 0 : 1;
