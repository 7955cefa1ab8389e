namespace Jtfa.Language.Kernels;

/// <summary>
/// What a block of a format of whole bits has: w = scale·code + origin, or, without an origin, scale·(code − half of all codes).
/// </summary>
/// <remarks>No member has a default: the compiler would call it at run time, once a block, instead of computing with a constant.</remarks>
internal interface IPacking
{
    /// <summary>Parts of 32 columns that a block has.</summary>
    static abstract int Parts { get; }

    /// <summary>Where a block has its scale, in half precision.</summary>
    static abstract int ScaleAt { get; }

    /// <summary>Where it has its origin, if it has one.</summary>
    static abstract int OriginAt { get; }

    /// <summary>Whether it has one.</summary>
    static abstract bool HasOrigin { get; }

    /// <summary>Whether scale and origin are multiplied with a byte each that a part has, the origin negative.</summary>
    static abstract bool HasPartScales { get; }
}

/// <summary>Q4_0 and Q8_0, where <see cref="Q4Matrix"/> and <see cref="Q8Matrix"/> are not faster, and Q5_0.</summary>
internal readonly struct ScalePacking : IPacking
{
    public static int Parts => 1;

    public static int ScaleAt => 0;

    public static int OriginAt => 0;

    public static bool HasOrigin => false;

    public static bool HasPartScales => false;
}

/// <summary>Q4_1 and Q5_1.</summary>
internal readonly struct ScaleAndLeastPacking : IPacking
{
    public static int Parts => 1;

    public static int ScaleAt => 0;

    public static int OriginAt => 2;

    public static bool HasOrigin => true;

    public static bool HasPartScales => false;
}

/// <summary>Q4_K and Q5_K.</summary>
internal readonly struct PartScalesPacking : IPacking
{
    public static int Parts => 8;

    public static int ScaleAt => 0;

    public static int OriginAt => 2;

    public static bool HasOrigin => true;

    public static bool HasPartScales => true;
}

/// <summary>Inferflow's formats of whole bits, in blocks of 32.</summary>
internal readonly struct AffinePacking : IPacking
{
    public static int Parts => 1;

    public static int ScaleAt => 2;

    public static int OriginAt => 0;

    public static bool HasOrigin => true;

    public static bool HasPartScales => false;
}

/// <summary>The same in blocks of 64.</summary>
internal readonly struct LongAffinePacking : IPacking
{
    public static int Parts => 2;

    public static int ScaleAt => 2;

    public static int OriginAt => 0;

    public static bool HasOrigin => true;

    public static bool HasPartScales => false;
}
