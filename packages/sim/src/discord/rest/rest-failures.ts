/** Requests that are to fail, whatever they ask for. */
export interface RestFailures {
  /** Plans failures: the next `count` requests whose `METHOD /path` contains `match`. */
  plan(options: {
    readonly status: number;
    readonly count?: number | undefined;
    readonly match?: string | undefined;
  }): void;
  /** The status to answer this request with, if it is to fail. */
  next(request: string): number | undefined;
}

/** Builds an empty plan. */
export function createRestFailures(): RestFailures {
  const plans: { readonly status: number; readonly match: string; left: number }[] = [];
  return {
    plan({ status, count = 1, match = "" }) {
      plans.push({ status, match, left: count });
    },
    next(request) {
      const index = plans.findIndex(({ match }) => request.includes(match));
      const plan = plans[index];
      if (plan === undefined) return undefined;
      if (--plan.left <= 0) plans.splice(index, 1);
      return plan.status;
    },
  };
}
