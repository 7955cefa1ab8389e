using ScottPlot;
using SkiaSharp;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>
/// A mark with corners. ScottPlot's triangles and diamonds do not hold what they draw until it is drawn: where the garbage collector runs
/// meanwhile, as for other threads, the process crashes.
/// </summary>
/// <param name="corners">Where its corners are, in shares of its size from its middle.</param>
internal sealed class PolygonMark(params (float X, float Y)[] corners) : IMarker
{
    public static readonly PolygonMark Triangle = new((0, -0.55f), (0.5f, 0.4f), (-0.5f, 0.4f));
    public static readonly PolygonMark Diamond = new((0, -0.5f), (0.5f, 0), (0, 0.5f), (-0.5f, 0));

    public void Render(SKCanvas canvas, Paint paint, Pixel center, float size, MarkerStyle markerStyle)
    {
        Pixel[] pixels = [.. corners.Select(corner => new Pixel(center.X + (corner.X * size), center.Y + (corner.Y * size)))];
        ScottPlot.Drawing.FillPath(canvas, paint, pixels, markerStyle.FillStyle, new PixelRect(pixels));
        ScottPlot.Drawing.DrawPath(canvas, paint, pixels, markerStyle.OutlineStyle, close: true);
    }
}
