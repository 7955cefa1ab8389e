namespace Jtfa.Interfaces;

/// <summary>No silo of the cluster owns a camera view.</summary>
[GenerateSerializer, Alias("Jtfa.CameraUnavailableException")]
public sealed class CameraUnavailableException : Exception
{
    /// <summary>Names the view and what there is instead.</summary>
    /// <param name="view">The view, as <c>scene/camera</c>.</param>
    /// <param name="silos">The cluster's silos, each with the views that it declares.</param>
    public CameraUnavailableException(string view, IReadOnlyList<string> silos)
        : base(
            $"No silo of the cluster declares camera view '{view}' " +
            $"({(silos.Count > 0 ? string.Join("; ", silos) : "there is no silo that runs cameras")}): add it to Jtfa:Cameras of one")
    {
    }
}
