/** A token and the end of its session, from `CreateChatToken`. */
export interface ChatToken {
    token: string;
    /**
     * The end of the session, as a `Date`, a text such as `2026-11-22T11:00:00Z`, or the seconds or
     * milliseconds since 1970. The connection is replaced before it. If it cannot be read, that is
     * logged, and the length of the session is unknown.
     */
    sessionExpirationTime?: Date | string | number | null;
    /** The time until which the token can be used to connect. It is not needed. */
    tokenExpirationTime?: Date | string | number | null;
}

export type ChatTokenProvider = () => Promise<ChatToken>;

export interface ChatUser {
    userId: string;
    attributes?: Record<string, string>;
}

export interface ChatMessage {
    id: string;
    sender: ChatUser;
    content: string;
    sendTime: Date;
    requestId?: string;
    attributes?: Record<string, string>;
}

export interface ChatEvent {
    id: string;
    eventName: string;
    sendTime: Date;
    requestId?: string;
    attributes?: Record<string, string>;
}

export interface DeleteMessageEvent {
    id: string;
    messageId: string;
    reason?: string;
    sendTime: Date;
    requestId?: string;
    attributes?: Record<string, string>;
}

export interface DisconnectUserEvent {
    id: string;
    userId: string;
    reason?: string;
    sendTime: Date;
    requestId?: string;
    attributes?: Record<string, string>;
}

/**
 * The reason why a request was rejected: a plain object. A request that the service would reject is
 * not sent, and gets the same `errorCode`. It is 0 if there is no connection, or if it is unknown
 * whether the request was performed.
 */
export interface ChatError {
    id: string;
    errorCode: number;
    errorMessage: string;
    requestId?: string;
}

/**
 * Why the room was disconnected: by `disconnect()`; by the service; because all attempts to connect
 * failed; or because `tokenProvider` failed at the last attempt.
 */
export type DisconnectReason =
    | 'clientDisconnect'
    | 'serverDisconnect'
    | 'socketError'
    | 'fetchTokenError';

export type ConnectionState = 'disconnected' | 'connecting' | 'connected';

export type ChatLogLevel = 'debug' | 'info' | 'error';

export interface ChatLogger {
    debug(message: string, ...details: unknown[]): void;
    info(message: string, ...details: unknown[]): void;
    error(message: string, ...details: unknown[]): void;
}

export declare class ConsoleLogger implements ChatLogger {
    debug(message: string, ...details: unknown[]): void;
    info(message: string, ...details: unknown[]): void;
    error(message: string, ...details: unknown[]): void;
}

export interface ChatRoomListenerMap {
    connecting: () => unknown;
    connect: () => unknown;
    disconnect: (reason: DisconnectReason) => unknown;
    message: (message: ChatMessage) => unknown;
    event: (event: ChatEvent) => unknown;
    messageDelete: (event: DeleteMessageEvent) => unknown;
    userDisconnect: (event: DisconnectUserEvent) => unknown;
    /** Messages may have been missed. The official SDK has no such event. */
    possibleGap: () => unknown;
}

export interface ChatRoomConfig {
    /** A region such as `us-west-2`, or a URL that begins with `ws://` or `wss://`. */
    regionOrUrl: string;
    /** Called for every connection, also for refreshes. A failure counts as a failed attempt. */
    tokenProvider: ChatTokenProvider;
    /** The number of attempts after a failed one. Defaults to 3. */
    maxReconnectAttempts?: number;
    /** A name for log messages. Defaults to a UUID. */
    id?: string;
}

export declare class SendMessageRequest {
    action: 'SEND_MESSAGE';
    requestId: string;
    content: string;
    attributes?: Record<string, string>;
    constructor(content: string, attributes?: Record<string, string>);
}

export declare class DeleteMessageRequest {
    action: 'DELETE_MESSAGE';
    requestId: string;
    id: string;
    reason?: string;
    constructor(id: string, reason?: string);
}

export declare class DisconnectUserRequest {
    action: 'DISCONNECT_USER';
    requestId: string;
    userId: string;
    reason?: string;
    constructor(userId: string, reason?: string);
}

/** A chat room. The WebAssembly module is loaded by the constructor and awaited by `connect`. */
export declare class ChatRoom {
    readonly id: string;
    maxReconnectAttempts: number;
    logger: ChatLogger;
    /** Defaults to `'error'`. */
    logLevel: ChatLogLevel;
    constructor(config: ChatRoomConfig);
    get state(): ConnectionState;
    /** Adds a listener. Returns a function that removes it. */
    addListener<Name extends keyof ChatRoomListenerMap>(
        name: Name,
        listener: ChatRoomListenerMap[Name],
    ): () => void;
    removeListener<Name extends keyof ChatRoomListenerMap>(
        name: Name,
        listener: ChatRoomListenerMap[Name],
    ): void;
    /** Starts the session. Has no effect unless the room is disconnected. */
    connect(): void;
    /** Ends the session. Pending requests are rejected. */
    disconnect(): void;
    /** Requests a new connection, after a change of the network or a sleep of the device. */
    refresh(): void;
    /** Rejects with a `ChatError`. Resolves to `undefined` if success is only assumed. */
    sendMessage(request: SendMessageRequest): Promise<ChatMessage | undefined>;
    deleteMessage(request: DeleteMessageRequest): Promise<DeleteMessageEvent | undefined>;
    disconnectUser(request: DisconnectUserRequest): Promise<DisconnectUserEvent | undefined>;
}

/** A payload that the room sends to clients. `kind` is the name of its listeners, or `'error'`. */
export type DecodedPayload =
    | { kind: 'message'; payload: ChatMessage }
    | { kind: 'event'; payload: ChatEvent }
    | { kind: 'messageDelete'; payload: DeleteMessageEvent }
    | { kind: 'userDisconnect'; payload: DisconnectUserEvent }
    | { kind: 'error'; payload: ChatError };

/** An invalid payload. */
export declare class DecodeError extends Error {
    /** The position of the error in the text, in UTF-16 units like `string.length`. */
    readonly offset: number;
}

/**
 * Decodes a payload that the room sends to clients, for example from a chat log. Rejects with a
 * `DecodeError`. Resolves to `undefined` if the payload is valid but its `Type` is not known.
 */
export declare function decode(text: string): Promise<DecodedPayload | undefined>;

/** The error codes of the service. */
export declare const chatErrorCodes: {
    readonly badRequest: 400;
    readonly unauthorized: 401;
    readonly forbidden: 403;
    readonly notFound: 404;
    readonly notAcceptable: 406;
    readonly payloadTooLarge: 413;
    readonly tooManyRequests: 429;
    readonly internalServerError: 500;
};
