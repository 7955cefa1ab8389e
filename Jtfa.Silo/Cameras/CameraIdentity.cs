using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// By what a gateway knows that tokens are of this run of a camera: the view's key and an epoch. Used by one caller at a time.
/// </summary>
internal sealed class CameraIdentity(TokenKey key, uint epoch) : IDisposable
{
    /// <summary>The epoch of this run.</summary>
    public uint Epoch => epoch;

    /// <summary>Completes the tag of a datagram that was written with <see cref="Epoch"/>.</summary>
    public void Sign(Span<byte> datagram) => key.Sign(datagram);

    /// <summary>Whether a gateway that knows the view's key sent this receipt to this run.</summary>
    public bool IsMine(in Receipt receipt, ReadOnlySpan<byte> datagram) => receipt.Epoch == epoch && key.IsSigned(datagram);

    /// <inheritdoc />
    public void Dispose() => key.Dispose();
}

/// <summary>Gives cameras their identities.</summary>
internal sealed class CameraIdentities(ViewKeys keys, IOptions<ViewKeysOptions> options, TimeProvider clock)
{
    /// <summary>The next run of a camera; null for a camera without a key, whose tokens have no tag.</summary>
    /// <exception cref="CameraFaultException">Its epoch cannot be kept.</exception>
    public CameraIdentity? Next(CameraConfig camera)
    {
        if (keys.Of(camera.Scene, camera.View) is not [var newest, ..]) return null;
        try
        {
            return new CameraIdentity(
                new TokenKey(newest), EpochFile.Next(options.Value.EpochFolder, camera.Scene, camera.View, clock));
        }
        catch (InvalidDataException fault)
        {
            throw new CameraFaultException(fault.Message, fault);
        }
    }
}
