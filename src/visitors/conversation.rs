//! The values of fields that only conversations and cases have.

use crate::open_enum::open_enum;

open_enum! {
    /// The side that started a conversation.
    pub enum Direction {
        Unknown = "Unknown",
        Inbound = "Inbound",
        Outbound = "Outbound",
    }
}

open_enum! {
    /// The reason why an agent left a conversation.
    pub enum DisconnectType {
        Unknown = "Unknown",
        Endpoint = "Endpoint",
        Client = "Client",
        System = "System",
        Transfer = "Transfer",
        Error = "Error",
        Peer = "Peer",
        OtherReason = "Other",
        Spam = "Spam",
        Timeout = "Timeout",
        TransportFailure = "TransportFailure",
        ConferenceTransfer = "ConferenceTransfer",
        ConsultTransfer = "ConsultTransfer",
        ForwardTransfer = "ForwardTransfer",
        NoAnswerTransfer = "NoAnswerTransfer",
        NotAvailableTransfer = "NotAvailableTransfer",
        Uncallable = "Uncallable",
        DoNotDisturbEndpoint = "DoNotDisturbEndpoint",
        DoNotDisturbTransfer = "DoNotDisturbTransfer",
        SessionExpired = "SessionExpired",
        Takeover = "Takeover",
    }
}

open_enum! {
    /// The end of a wait in a queue.
    pub enum AcdOutcome {
        Unknown = "Unknown",
        Abandon = "Abandon",
        Answered = "Answered",
        FlowOut = "FlowOut",
    }
}

open_enum! {
    /// The state of a case.
    pub enum CaseStatus {
        Unknown = "Unknown",
        Open = "Open",
        InProgress = "InProgress",
        Terminated = "Terminated",
        Closed = "Closed",
    }
}

open_enum! {
    /// A channel of a conversation.
    pub enum ChannelType {
        Unknown = "Unknown",
        Call = "Call",
        Callback = "Callback",
        Email = "Email",
        GenericObject = "GenericObject",
        Messaging = "Messaging",
        Social = "Social",
        Webchat = "Webchat",
        Voice = "Voice",
        Chat = "Chat",
        Cobrowse = "Cobrowse",
        Video = "Video",
        Screenshare = "Screenshare",
        Message = "Message",
        InternalMessage = "InternalMessage",
    }
}

open_enum! {
    /// A messaging platform.
    pub enum MessageType {
        Unknown = "Unknown",
        Sms = "Sms",
        Twitter = "Twitter",
        Facebook = "Facebook",
        Line = "Line",
        WhatsApp = "WhatsApp",
        WebMessaging = "WebMessaging",
        Open = "Open",
        Instagram = "Instagram",
        Apple = "Apple",
    }
}
