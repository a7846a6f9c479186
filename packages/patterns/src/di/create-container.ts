import { withSignal } from "@antiphon/std";
import { PatternsError } from "../error.ts";
import type { Container } from "./container.ts";
import { createDisposalList, disposeInstance, isDisposable, type DisposalList } from "./disposal-list.ts";
import { buildWithContainer, runWithContainer } from "./inject.ts";
import { toProvider, type Provider, type Registration } from "./registration.ts";
import { dependencyProblems } from "./verify-graph.ts";
import type { AnyToken, Token } from "./token.ts";

/** A container as the functions below see it. What most scopes never need is built when it is first used: scopes are made per request. */
interface Scope extends Container {
  readonly parent: Scope | undefined;
  providers: Map<AnyToken, Provider> | undefined;
  instances: Map<AnyToken, unknown> | undefined;
  pending: Map<AnyToken, Promise<unknown>> | undefined;
  disposals: DisposalList | undefined;
  /** Aborts when the container closes. */
  closing: AbortController | undefined;
  closed: Promise<void> | undefined;
}

/** What asks for a service: the service that is being built, what asked for that, and the scope of the singleton that is being built, if one is. */
interface Build {
  readonly token: AnyToken;
  readonly outer: Build | undefined;
  readonly home: Scope | undefined;
}

/** The tokens from the outermost build to this one. */
function pathOf(build: Build | undefined): readonly AnyToken[] {
  return build === undefined ? [] : [...pathOf(build.outer), build.token];
}

function notRegistered(token: AnyToken, build: Build | undefined): PatternsError {
  const path = pathOf(build);
  const needed = path.length === 0 ? "" : `, which ${path.map(({ name }) => name).join(" > ")} needs`;
  return new PatternsError(
    "PATTERNS_SERVICE_NOT_REGISTERED",
    `There is no service "${token.name}"${needed}. Register it before it is asked for.`,
    { details: { service: token.name } },
  );
}

function requireOpen(scope: Scope, token: AnyToken): void {
  if (scope.closed === undefined) return;
  throw new PatternsError("PATTERNS_CLOSED", `Cannot provide "${token.name}": its container is closed.`);
}

function requireNoCycle(token: AnyToken, build: Build | undefined): void {
  let each = build;
  while (each !== undefined && each.token !== token) each = each.outer;
  if (each === undefined) return;
  const path = pathOf(build);
  const names = [...path.slice(path.indexOf(token)), token].map(({ name }) => name);
  throw new PatternsError("PATTERNS_DEPENDENCY_CYCLE", `These services need each other: ${names.join(" > ")}.`, {
    details: { cycle: names },
  });
}

/** A singleton would keep the scoped service of whoever asked first, and hand it to everybody. */
function requireSameLife(token: AnyToken, provider: Provider, build: Build | undefined): void {
  if (provider.lifetime !== "scoped" || build?.home === undefined) return;
  throw new PatternsError(
    "PATTERNS_SCOPE_MISMATCH",
    `The singleton "${build.token.name}" needs "${token.name}", which lives for one scope only. Make the former scoped too.`,
  );
}

/** How a service is to be built for whoever asks. */
interface Plan {
  readonly provider: Provider;
  /** The scope that keeps it. */
  readonly keeper: Scope;
  readonly inner: Build;
}

function planBuild(scope: Scope, token: AnyToken, build: Build | undefined): Plan {
  requireNoCycle(token, build);
  let owner: Scope | undefined = scope;
  let provider = owner.providers?.get(token);
  while (provider === undefined) {
    owner = owner.parent;
    if (owner === undefined) throw notRegistered(token, build);
    provider = owner.providers?.get(token);
  }
  requireSameLife(token, provider, build);
  const isSingleton = provider.lifetime === "singleton";
  const keeper = isSingleton ? owner : scope;
  requireOpen(keeper, token);
  return { provider, keeper, inner: { token, outer: build, home: isSingleton ? owner : build?.home } };
}

function keep(keeper: Scope, token: AnyToken, provider: Provider, instance: unknown): void {
  if (provider.lifetime === "transient") return;
  (keeper.instances ??= new Map()).set(token, instance);
  if (!provider.isValue && isDisposable(instance, provider.dispose))
    (keeper.disposals ??= createDisposalList()).add(token.name, instance, provider.dispose);
}

/** Where an instance is, if it exists: in this scope, or with the owner of its registration. */
function existing(scope: Scope, token: AnyToken): unknown {
  for (let holder: Scope | undefined = scope; holder !== undefined; holder = holder.parent) {
    // What is undefined is built again, which costs nothing that could be seen.
    const instance = holder.instances?.get(token);
    const provider = holder.providers?.get(token);
    if (instance !== undefined && (holder === scope || provider?.lifetime === "singleton")) return instance;
    if (provider !== undefined) return undefined;
  }
  return undefined;
}

function resolve(scope: Scope, token: AnyToken, build: Build | undefined): unknown {
  const { provider, keeper, inner } = planBuild(scope, token, build);
  const known = keeper.instances?.get(token);
  if (known !== undefined && provider.lifetime !== "transient") return known;
  if (provider.isAsync) {
    // It was built, and is nothing.
    if (keeper.instances?.has(token) === true) return undefined;
    const message = `The service "${token.name}" is built asynchronously and is not ready. Ask for it with getAsync first.`;
    throw new PatternsError("PATTERNS_SERVICE_NOT_READY", message);
  }
  const values = provider.dependencies.map((each) => {
    // A scope is built for each request, so it takes what exists without a plan. A singleton has to look at what it needs.
    const ready = inner.home === undefined ? existing(keeper, each) : undefined;
    return ready ?? resolve(keeper, each, inner);
  });
  const instance = buildWithContainer(keeper, () => provider.build(values));
  keep(keeper, token, provider, instance);
  return instance;
}

async function buildAsync(scope: Scope, token: AnyToken, { provider, keeper, inner }: Plan) {
  const values = await Promise.all(provider.dependencies.map((each) => resolveAsync(keeper, each, inner)));
  requireOpen(keeper, token);
  const instance: unknown = await runWithContainer(keeper, () => provider.build(values));
  // Nobody waits for it any more, and nobody else would dispose it.
  if (keeper.closed !== undefined && !provider.isValue) await disposeInstance(instance, provider.dispose);
  requireOpen(keeper, token);
  keep(keeper, token, provider, instance);
  return instance;
}

async function resolveAsync(scope: Scope, token: AnyToken, build: Build | undefined): Promise<unknown> {
  const plan = planBuild(scope, token, build);
  const { provider, keeper } = plan;
  if (provider.lifetime === "transient") return buildAsync(scope, token, plan);
  if (keeper.instances?.has(token) === true) return keeper.instances.get(token);
  const started = keeper.pending?.get(token);
  if (started !== undefined) return started;
  const { signal } = (keeper.closing ??= new AbortController());
  const pending = withSignal(buildAsync(scope, token, plan), signal).finally(() => keeper.pending?.delete(token));
  (keeper.pending ??= new Map()).set(token, pending);
  return pending;
}

async function closeScope(scope: Scope): Promise<void> {
  const pending = [...(scope.pending?.values() ?? [])];
  scope.closing?.abort(new PatternsError("PATTERNS_CLOSED", "The container closed while the service was being built."));
  await Promise.allSettled(pending);
  await scope.disposals?.disposeAll();
  scope.instances?.clear();
}

/** Every registration that a scope sees, the nearest first. */
function visibleProviders(scope: Scope): ReadonlyMap<AnyToken, Provider> {
  const all = new Map<AnyToken, Provider>();
  for (let each: Scope | undefined = scope; each !== undefined; each = each.parent) {
    for (const [token, provider] of each.providers ?? []) if (!all.has(token)) all.set(token, provider);
  }
  return all;
}

// A class, unlike the factories elsewhere: its methods are shared, which makes a scope cheap enough for one per request.
class ScopedContainer implements Scope {
  readonly parent: Scope | undefined;
  providers: Map<AnyToken, Provider> | undefined = undefined;
  instances: Map<AnyToken, unknown> | undefined = undefined;
  pending: Map<AnyToken, Promise<unknown>> | undefined = undefined;
  disposals: DisposalList | undefined = undefined;
  closing: AbortController | undefined = undefined;
  closed: Promise<void> | undefined = undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  register<T, const Tokens extends readonly AnyToken[]>(
    token: Token<T>,
    registration: Registration<T, Tokens>,
  ): Container {
    requireOpen(this, token);
    const provider = toProvider(registration as Registration<unknown, readonly AnyToken[]>);
    (this.providers ??= new Map()).set(token, provider);
    this.instances?.delete(token);
    return this;
  }

  get<T>(token: Token<T>): T {
    requireOpen(this, token);
    return (existing(this, token) ?? resolve(this, token, undefined)) as T;
  }

  getAsync<T>(token: Token<T>, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<T> {
    return withSignal(resolveAsync(this, token, undefined) as Promise<T>, signal);
  }

  has(token: AnyToken): boolean {
    return this.providers?.has(token) === true || (this.parent?.has(token) ?? false);
  }

  createChild(): Container {
    if (this.closed === undefined) return new ScopedContainer(this);
    throw new PatternsError("PATTERNS_CLOSED", "Cannot create a child of a closed container.");
  }

  verify(): void {
    const [problem] = dependencyProblems(visibleProviders(this));
    if (problem !== undefined) throw problem;
  }

  run<Result>(task: () => Result): Result {
    return runWithContainer(this, task);
  }

  close(): Promise<void> {
    if (this.closed !== undefined) return this.closed;
    const { promise, resolve: settle } = Promise.withResolvers<void>();
    // Closed from now on, before anything is disposed.
    this.closed = promise;
    settle(closeScope(this));
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Builds an empty {@link Container}. */
export function createContainer(): Container {
  return new ScopedContainer(undefined);
}
