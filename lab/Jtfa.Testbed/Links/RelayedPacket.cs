namespace Jtfa.Testbed.Links;

/// <summary>What a relay did with a packet, or with its copy.</summary>
public enum RelayOutcome
{
    /// <summary>Sent.</summary>
    Sent,

    /// <summary>The packet's copy was sent.</summary>
    Copy,

    /// <summary>Lost by itself (<see cref="FateKind.Lost"/>).</summary>
    Lost,

    /// <summary>Lost in a burst (<see cref="FateKind.Burst"/>).</summary>
    Burst,

    /// <summary>Lost while the link fades (<see cref="FateKind.Fade"/>).</summary>
    Fade,

    /// <summary>No room in the queue before the rate limit (<see cref="FateKind.Queue"/>).</summary>
    Queue,

    /// <summary>The relay held as many packets as it may: it could not do what the profile asks.</summary>
    Overflow,

    /// <summary>The system would not send it.</summary>
    Refused,

    /// <summary>The relay ended before it was due.</summary>
    Ended,
}

/// <summary>One line of a relay's log.</summary>
/// <param name="Link">The link's number.</param>
/// <param name="Number">The packet's number on its link.</param>
/// <param name="ReceivedAt">When the kernel took it, nanoseconds since 1970.</param>
/// <param name="Bytes">Its payload's length.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Delay">The delay asked for.</param>
/// <param name="Error">What the relay added to it; null where nothing was sent.</param>
public readonly record struct RelayedPacket(
    int Link, long Number, long ReceivedAt, int Bytes, RelayOutcome Outcome, TimeSpan Delay, TimeSpan? Error);
