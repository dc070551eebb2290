export {
    ChatRoom,
    ConsoleLogger,
    DeleteMessageRequest,
    DisconnectUserRequest,
    SendMessageRequest,
    chatErrorCodes,
} from './chat-room.js';
