export {
    ChatRoom,
    ConsoleLogger,
    DeleteMessageRequest,
    DisconnectUserRequest,
    SendMessageRequest,
    chatErrorCodes,
} from './chat-room.js';
export { DecodeError, decode } from './payload.js';
