using System.Reflection;

namespace Orleans.Runtime;

/// <summary>A reference to a grain: what <c>GetGrain</c> returns, implementing the grain interface by proxy.</summary>
public class GrainReference : DispatchProxy, IAddressable
{
    private Catalog? _catalog;
    private GrainClass? _class;
    private GrainInterface? _interface;

    /// <summary>Identity of the grain referred to.</summary>
    public GrainId GrainId { get; private set; }

    /// <inheritdoc />
    public override string ToString() => $"reference to {GrainId}";

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is GrainReference other && other.GrainId == GrainId;

    /// <inheritdoc />
    public override int GetHashCode() => GrainId.GetHashCode();

    internal void Bind(Catalog catalog, GrainClass grainClass, GrainInterface grainInterface) =>
        (_catalog, _class, _interface) = (catalog, grainClass, grainInterface);

    // Making a proxy takes reflection, copying one does not, and a reference is made for nearly every call.
    internal GrainReference To(string key)
    {
        var copy = (GrainReference)MemberwiseClone();
        copy.GrainId = new GrainId(_class!.GrainType, key);
        return copy;
    }

    internal void Send(Request request) => _catalog!.Send(GrainId, _class!, request);

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _interface!.Method(targetMethod!).Send(this, args);
}
