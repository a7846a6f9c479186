export { describeWith } from "./describe-with.ts";
export { findChromium, findJava, findService, requireService, serviceNames, type ServiceName } from "./find-service.ts";
export type { ServerProcess } from "./server-process.ts";
export { startLavaplayer, type Lavaplayer, type LavaplayerPlay, type LavaplayerTrack } from "./start-lavaplayer.ts";
export { startNats, type StartNatsOptions } from "./start-nats.ts";
export { startPostgres } from "./start-postgres.ts";
export { startRedis } from "./start-redis.ts";
