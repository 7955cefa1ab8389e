namespace Jtfa.Testbed.Links;

/// <summary>What becomes of a packet on a link.</summary>
public enum FateKind
{
    /// <summary>It arrives.</summary>
    Sent,

    /// <summary>It is lost by itself.</summary>
    Lost,

    /// <summary>It is lost in a burst.</summary>
    Burst,

    /// <summary>It is lost while the link fades.</summary>
    Fade,

    /// <summary>The queue before the rate limit is full.</summary>
    Queue,
}

/// <summary>The fate of one packet.</summary>
/// <param name="Number">The packet's number on its link, from 0.</param>
/// <param name="Kind">Whether it arrives.</param>
/// <param name="Delay">From arrival to departure, waiting and holding included; zero for a packet that does not arrive.</param>
/// <param name="CopyDelay">The same for its copy; null: there is none.</param>
/// <param name="IsHeld">Whether it was held back so that others overtake it.</param>
public readonly record struct PacketFate(long Number, FateKind Kind, TimeSpan Delay, TimeSpan? CopyDelay, bool IsHeld);
