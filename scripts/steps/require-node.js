// Imported first, and written so that an old Node can read it: its own complaint would be a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`autosync needs Node 20.19 or newer; this is Node ${process.versions.node} (${process.execPath})`);
  console.error('get a current one from https://nodejs.org/ or from your system, and run this again');
  process.exit(1);
}
