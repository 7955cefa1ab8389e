namespace Jtfa.Language.Files;

/// <summary>Types of metadata values, with their numbers in a GGUF file.</summary>
internal enum GgufValueType
{
    /// <summary>One byte without a sign.</summary>
    UInt8 = 0,

    /// <summary>One byte with a sign.</summary>
    Int8 = 1,

    /// <summary>Two bytes without a sign.</summary>
    UInt16 = 2,

    /// <summary>Two bytes with a sign.</summary>
    Int16 = 3,

    /// <summary>Four bytes without a sign.</summary>
    UInt32 = 4,

    /// <summary>Four bytes with a sign.</summary>
    Int32 = 5,

    /// <summary>Single precision.</summary>
    Float32 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>UTF-8 after its length in 8 bytes.</summary>
    String = 8,

    /// <summary>Elements of one of the other types, after that type and their count in 8 bytes.</summary>
    Array = 9,

    /// <summary>Eight bytes without a sign.</summary>
    UInt64 = 10,

    /// <summary>Eight bytes with a sign.</summary>
    Int64 = 11,

    /// <summary>Double precision.</summary>
    Float64 = 12,
}
