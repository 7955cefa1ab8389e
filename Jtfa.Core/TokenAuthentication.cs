namespace Jtfa.Core;

/// <summary>Which tokens a scene takes, by their tags.</summary>
public enum TokenAuthentication
{
    /// <summary>Anybody's: tags are not asked for, and one that is wrong counts for nothing.</summary>
    Open,

    /// <summary>
    /// Without a tag too, but not of a view that has sent a right tag before. A wrong tag is refused where the view's key is known.
    /// </summary>
    Prefer,

    /// <summary>Those with a right tag alone.</summary>
    Require,
}
