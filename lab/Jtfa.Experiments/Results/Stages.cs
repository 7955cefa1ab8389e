namespace Jtfa.Experiments.Results;

/// <summary>
/// Where a decision's time goes, in order. They add up: from the moment that a capture was due to the decision in the log.
/// </summary>
public static class Stages
{
    /// <summary>Tick due → frame taken, of the token that opened the window, as the next five.</summary>
    public const string Capture = "capture";

    /// <summary>Frame taken → token made.</summary>
    public const string Inference = "inference";

    /// <summary>Token made → datagram ready and sent.</summary>
    public const string Encode = "encode";

    /// <summary>Sent → put on the fusion node's network by the relay.</summary>
    public const string Link = "link";

    /// <summary>In the fusion node's kernel → taken by the gateway.</summary>
    public const string KernelQueue = "kernel_queue";

    /// <summary>First token taken → due to fire: K-th view's token taken, or T passed.</summary>
    public const string Window = "window";

    /// <summary>Due → fused and decided.</summary>
    public const string Fuse = "fuse";

    /// <summary>Decided → taken by the scene and published.</summary>
    public const string Publish = "publish";

    /// <summary>Published → committed to the decision log.</summary>
    public const string Log = "log";

    /// <summary>All, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [Capture, Inference, Encode, Link, KernelQueue, Window, Fuse, Publish, Log];
}
