namespace Jtfa.Language.Tokenizers;

/// <summary>What a token stands for, with the numbers of <c>tokenizer.ggml.token_type</c>.</summary>
internal enum TokenKind
{
    /// <summary>Not said.</summary>
    Undefined = 0,

    /// <summary>Text.</summary>
    Normal = 1,

    /// <summary>What the vocabulary cannot express.</summary>
    Unknown = 2,

    /// <summary>Structure: begins and ends of texts, turns, roles. Adds nothing to the text.</summary>
    Control = 3,

    /// <summary>Text that is found before all other text is cut.</summary>
    UserDefined = 4,

    /// <summary>Reserved.</summary>
    Unused = 5,

    /// <summary>One byte of text, for characters that have no token.</summary>
    Byte = 6,
}
