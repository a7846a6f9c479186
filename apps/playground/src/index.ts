export { ensureDemoMusic, type DemoTrack } from "./demo-music/demo-music.ts";
export { createListener, type HeardFrame, type Listener, type ListenerOptions } from "./listener.ts";
export { PageServerError, servePage, type PageServer, type PageServerOptions } from "./page-server.ts";
export { openPlaygroundWorld, type PlaygroundWorld, type PlaygroundWorldOptions } from "./world.ts";
