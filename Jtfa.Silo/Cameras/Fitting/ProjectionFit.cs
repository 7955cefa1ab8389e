using Jtfa.Silo.Cameras.Vision;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Statistics;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>Which directions of a backbone's vectors a token keeps.</summary>
public enum ProjectionKind
{
    /// <summary>Principal components: those of the largest variance, whatever the classes.</summary>
    Pca,

    /// <summary>Linear discriminants: those that tell the classes apart, one fewer than there are classes.</summary>
    Lda,
}

/// <summary>Fits the projection from vectors to tokens.</summary>
public static class ProjectionFit
{
    // The covariance comes from so many vectors at most, evenly spaced: it takes the cube of their number, and more change little.
    private const int MostVectors = 1000;

    // A direction of less than this part of the largest variance is rounding.
    private const double LeastVariance = 1e-10;

    // Discriminants are sought among so many principal components, as in Fisherfaces (Belhumeur, Hespanha and Kriegman, 1997): of the
    // rest few vectors say nothing reliable.
    private const int MostBeforeDiscriminants = 64;

    // Of the spread within classes, this part is taken to be like the spread of all vectors: few show too little of it in some directions.
    private const double Shrinkage = 0.1;

    /// <summary>Principal component analysis: orthonormal rows, by descending variance.</summary>
    /// <param name="vectors">Two or more, of one length.</param>
    /// <param name="dimension">d at most; fewer where the vectors vary in fewer directions.</param>
    /// <returns>The projection, and which part of the variance it keeps.</returns>
    /// <exception cref="CameraFaultException">All vectors are equal.</exception>
    public static (TokenProjection Projection, double Kept) Principal(IReadOnlyList<float[]> vectors, int dimension)
    {
        var (mean, components, kept) = PrincipalRows(vectors, dimension);
        return (Projection(mean, components), kept);
    }

    /// <summary>
    /// Linear discriminant analysis within the principal components: A·S_b·Aᵀ is diagonal and A·S_w·Aᵀ the identity, so that noise within
    /// a class has about the size 1 in all of a token's numbers.
    /// </summary>
    /// <param name="vectors">Two or more, of one length.</param>
    /// <param name="classes">The class of each, 0 ….</param>
    /// <param name="dimension">d at most; never as many as there are classes.</param>
    /// <returns>The projection, and which part of the variance between classes it keeps.</returns>
    /// <exception cref="CameraFaultException">All vectors are equal.</exception>
    public static (TokenProjection Projection, double Kept) Discriminant(
        IReadOnlyList<float[]> vectors, IReadOnlyList<int> classes, int dimension)
    {
        var (mean, principal, _) = PrincipalRows(vectors, MostBeforeDiscriminants);
        var points = Rows(vectors, mean) * principal.Transpose();

        // Of one size in all directions, so that one that varies much does not drown one that tells the classes apart.
        var evened = Matrix<double>.Build.DenseOfDiagonalArray(
            [.. points.EnumerateColumns().Select(column => 1 / column.PopulationStandardDeviation())]);
        (principal, points) = (evened * principal, points * evened);
        var (within, between) = Scatter(points, classes);
        var size = within.RowCount;
        var even = Math.Max(within.Trace() / size, LeastVariance * Math.Max(between.Trace(), double.Epsilon));
        within = ((1 - Shrinkage) * within) + (Shrinkage * even * Matrix<double>.Build.DenseIdentity(size));

        // S_w = L·Lᵀ turns the two scatters into one symmetric problem, of L⁻¹·S_b·L⁻ᵀ.
        var whitening = within.Cholesky().Factor.Inverse();
        var problem = whitening * between * whitening.Transpose();
        var solved = ((problem + problem.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        var count = Math.Min(Math.Min(dimension, size), classes.Distinct().Count() - 1);
        var directions = Leading(solved, count);
        var values = solved.EigenValues.Select(value => value.Real).ToArray();
        return (Projection(mean, WithSigns(directions * whitening * principal)), values.TakeLast(count).Sum() / values.Sum());
    }

    private static (double[] Mean, Matrix<double> Components, double Kept) PrincipalRows(IReadOnlyList<float[]> vectors, int dimension)
    {
        var used = Spaced(vectors);
        var mean = Mean(used);
        var rows = Rows(used, mean);
        var isWide = rows.ColumnCount > rows.RowCount;

        // The smaller of the two matrices has the same eigenvalues.
        var solved = (isWide ? rows.TransposeAndMultiply(rows) : rows.TransposeThisAndMultiply(rows)).Evd(Symmetricity.Symmetric);
        var values = solved.EigenValues.Select(value => Math.Max(0, value.Real)).ToArray();
        var rank = values[^1] > 0 ? values.Count(value => value > LeastVariance * values[^1]) : 0;
        if (rank == 0)
        {
            throw new CameraFaultException(
                "All vectors of the collection are equal: see that the cameras show something, and that pixels are scaled as the backbone "
                + "takes them");
        }

        var count = Math.Min(dimension, rank);
        var directions = Leading(solved, count);
        if (isWide) directions = (directions * rows).NormalizeRows(2);
        return (mean, WithSigns(directions), values.TakeLast(count).Sum() / values.Sum());
    }

    private static IReadOnlyList<float[]> Spaced(IReadOnlyList<float[]> vectors) => vectors.Count <= MostVectors ? vectors
        : [.. Enumerable.Range(0, MostVectors).Select(i => vectors[(int)((long)i * vectors.Count / MostVectors)])];

    private static double[] Mean(IReadOnlyList<float[]> vectors)
    {
        var mean = new double[vectors[0].Length];
        foreach (var vector in vectors)
            for (var i = 0; i < mean.Length; i++) mean[i] += vector[i];
        for (var i = 0; i < mean.Length; i++) mean[i] /= vectors.Count;
        return mean;
    }

    private static Matrix<double> Rows(IReadOnlyList<float[]> vectors, double[] mean) =>
        Matrix<double>.Build.Dense(vectors.Count, mean.Length, (row, column) => vectors[row][column] - mean[column]);

    private static (Matrix<double> Within, Matrix<double> Between) Scatter(Matrix<double> points, IReadOnlyList<int> classes)
    {
        var size = points.ColumnCount;
        var (within, between) = (Matrix<double>.Build.Dense(size, size), Matrix<double>.Build.Dense(size, size));
        var mean = points.ColumnSums() / points.RowCount;
        foreach (var group in Enumerable.Range(0, points.RowCount).GroupBy(row => classes[row]))
        {
            var members = Matrix<double>.Build.DenseOfRowVectors(group.Select(points.Row));
            var centre = members.ColumnSums() / members.RowCount;
            var spread = Matrix<double>.Build.Dense(members.RowCount, size, (row, column) => members[row, column] - centre[column]);
            within += spread.TransposeThisAndMultiply(spread) / points.RowCount;
            between += (centre - mean).OuterProduct(centre - mean) * members.RowCount / points.RowCount;
        }

        return (within, between);
    }

    // As rows; MathNet sorts by ascending eigenvalues.
    private static Matrix<double> Leading(MathNet.Numerics.LinearAlgebra.Factorization.Evd<double> solved, int count) =>
        Matrix<double>.Build.DenseOfRowVectors(
            Enumerable.Range(1, count).Select(i => solved.EigenVectors.Column(solved.EigenVectors.ColumnCount - i)));

    // A direction's sign is arbitrary: its largest number is positive, so that reruns agree.
    private static Matrix<double> WithSigns(Matrix<double> rows) =>
        Matrix<double>.Build.DenseOfRowVectors(rows.EnumerateRows().Select(row => row[row.AbsoluteMaximumIndex()] < 0 ? -row : row));

    private static TokenProjection Projection(double[] mean, Matrix<double> components) =>
        new([.. mean.Select(value => (float)value)], [.. components.ToRowMajorArray().Select(value => (float)value)]);
}
