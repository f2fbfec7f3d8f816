// How the tests start a browser: the system's Chromium; Playwright never fetches one of its own.

/** Starts it with Playwright's `chromium`, which the caller brings along: each folder of tests installs its own. */
export function start(chromium) {
  const root = process.getuid?.() === 0
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...(root ? ['--no-sandbox'] : []),
      '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })
}
