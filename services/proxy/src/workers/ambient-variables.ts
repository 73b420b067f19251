type Variables = Readonly<Record<string, string | undefined>>;

/** Where the gateway's own identity is: read by AWS's default chain, and by client-node in a pod. */
const ambient = /^(AWS_[A-Z0-9_]+|HOME|KUBERNETES_SERVICE_(HOST|PORT))$/;

/** The variables that libraries read by themselves; of the others a worker thread is given what was checked. */
export const ambientVariables = (environment: Variables): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && ambient.test(name) ? [[name, value]] : [],
    ),
  );
