namespace Jtfa.Language.Kernels;

/// <summary>What a format of whole bits is: w = scale·(code − offset) + origin, scale and origin being a block's.</summary>
internal interface IPacking
{
    /// <summary>Bits of a code: 3, 4, 5, 6 or 8.</summary>
    static abstract int Bits { get; }

    /// <summary>What is taken from each code.</summary>
    static virtual int Offset => 0;

    /// <summary>Parts of 32 columns that have a scale together.</summary>
    static virtual int Parts => 1;

    /// <summary>Where a block has its scale, in half precision.</summary>
    static virtual int ScaleAt => 0;

    /// <summary>Where it has its origin; −1 where it has none.</summary>
    static virtual int OriginAt => 2;

    /// <summary>Whether scale and origin are multiplied with a byte each that a part has, the origin negative.</summary>
    static virtual bool HasPartScales => false;
}

internal readonly struct Q4_1Packing : IPacking
{
    public static int Bits => 4;
}

internal readonly struct Q5_0Packing : IPacking
{
    public static int Bits => 5;

    public static int Offset => 16;

    public static int OriginAt => -1;
}

internal readonly struct Q5_1Packing : IPacking
{
    public static int Bits => 5;
}

internal readonly struct Q8_0Packing : IPacking
{
    public static int Bits => 8;

    public static int Offset => 128;

    public static int OriginAt => -1;
}

internal readonly struct Q4_KPacking : IPacking
{
    public static int Bits => 4;

    public static int Parts => 8;

    public static bool HasPartScales => true;
}

internal readonly struct Q5_KPacking : IPacking
{
    public static int Bits => 5;

    public static int Parts => 8;

    public static bool HasPartScales => true;
}

/// <summary>Inferflow's formats of whole bits, in blocks of 32.</summary>
/// <typeparam name="TBits">Whose bits they have.</typeparam>
internal readonly struct AffinePacking<TBits> : IPacking
    where TBits : struct, IBits
{
    public static int Bits => TBits.Count;

    public static int ScaleAt => 2;

    public static int OriginAt => 0;
}

/// <summary>The same in blocks of 64.</summary>
/// <typeparam name="TBits">Whose bits they have.</typeparam>
internal readonly struct LongAffinePacking<TBits> : IPacking
    where TBits : struct, IBits
{
    public static int Bits => TBits.Count;

    public static int Parts => 2;

    public static int ScaleAt => 2;

    public static int OriginAt => 0;
}

/// <summary>A number of bits.</summary>
internal interface IBits
{
    static abstract int Count { get; }
}

internal readonly struct Bits3 : IBits
{
    public static int Count => 3;
}

internal readonly struct Bits4 : IBits
{
    public static int Count => 4;
}

internal readonly struct Bits6 : IBits
{
    public static int Count => 6;
}

internal readonly struct Bits8 : IBits
{
    public static int Count => 8;
}
