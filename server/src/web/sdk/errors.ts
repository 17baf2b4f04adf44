// Why can a request come to nothing?

/** The server has refused a request. */
export class RequestError extends Error {
  override readonly name = "RequestError";

  constructor(
    /** The request's name. */
    readonly request: string,
    /** What went wrong, in the server's words. */
    readonly errorText: string,
    /** Its number: 512 no such object, 515 not authenticated, 516 not allowed, 520 exists already, 500 else. */
    readonly errorNum: number,
  ) {
    super(`${request}: ${errorText}`);
  }
}

/** The server cannot be reached, or the connection broke before the login was done. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** The session has ended, and with it whatever the request was about. Whether it was carried out is not known. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
}
