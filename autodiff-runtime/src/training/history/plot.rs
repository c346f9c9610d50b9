//! The history of a training as a picture: the losses, and below them the metrics, over the epochs.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use super::History;

/// Losses that fall by more than this factor are drawn over a logarithmic axis.
const LOGARITHMIC: f64 = 30.0;

const COLORS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(255, 127, 14),
    RGBColor(44, 160, 44),
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
];

/// A name and the values after each epoch.
type Line<'a> = (&'a str, &'a [f64]);

impl History {
    /// The losses and, below them, the metrics over the epochs, as an SVG picture. A loss that falls far has a
    /// logarithmic axis. Needs the feature `plot`.
    ///
    /// ```
    /// use autodiff_runtime::prelude::*;
    ///
    /// let history = History { loss: vec![2.0, 0.5, 0.25], val_loss: vec![2.5, 1.0, 0.75], ..History::default() };
    /// let svg = history.to_svg();
    /// assert!(svg.starts_with("<svg") && svg.contains("val_loss"));
    /// // std::fs::write("history.svg", svg)?;
    /// ```
    #[allow(clippy::missing_panics_doc, reason = "drawing to memory succeeds")]
    pub fn to_svg(&self) -> String {
        let mut losses: Vec<Line<'_>> = vec![("loss", &self.loss), ("val_loss", &self.val_loss)];
        losses.retain(|(_, values)| !values.is_empty());
        let metrics: Vec<Line<'_>> = self.metrics.iter().map(|(name, values)| (&name[..], &values[..])).collect();
        let panels = if metrics.is_empty() { vec![losses] } else { vec![losses, metrics] };

        let mut svg = String::new();
        let size = (720, 360 * panels.len() as u32);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let drawn = area.fill(&WHITE).map_err(Into::into).and_then(|()| {
            let parts = area.split_evenly((panels.len(), 1));
            parts.iter().zip(&panels).try_for_each(|(part, lines)| panel(part, lines, self.initial_epoch))
        });
        drawn.and_then(|()| area.present().map_err(Into::into)).expect("drawing to memory succeeds");
        drop(area);
        svg
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws some lines over the epochs after `first`.
fn panel(area: &Area<'_>, lines: &[Line<'_>], first: usize) -> Result<(), Box<dyn Error>> {
    let values = lines.iter().flat_map(|(_, values)| *values).copied().filter(|value| value.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    if low > 0.0 && high > LOGARITHMIC * low {
        return chart(area, lines, first, (low / 1.2..high * 1.2).log_scale());
    }
    let margin = if high > low { 0.05 * (high - low) } else { 0.5 };
    chart(area, lines, first, low - margin..high + margin)
}

fn chart<Y>(area: &Area<'_>, lines: &[Line<'_>], first: usize, y: Y) -> Result<(), Box<dyn Error>>
where
    Y: plotters::coord::ranged1d::AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
{
    let epochs = lines.iter().map(|(_, values)| values.len()).max().unwrap_or(0).max(2);
    let x: Range<f64> = first as f64 + 1.0..(first + epochs) as f64;
    let mut builder = ChartBuilder::on(area);
    builder.margin(15).x_label_area_size(35).y_label_area_size(60);
    let mut chart = builder.build_cartesian_2d(x, y)?;
    let label = |value: &f64| value.to_string();
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("epoch")
        .x_labels(epochs.min(10))
        .x_label_formatter(&label)
        .draw()?;
    for ((name, values), color) in lines.iter().zip(COLORS.iter().cycle()) {
        let point = |(epoch, value): (usize, &f64)| ((first + epoch + 1) as f64, *value);
        // A value that is not finite is a gap.
        for part in values.iter().enumerate().collect::<Vec<_>>().split(|(_, value)| !value.is_finite()) {
            chart.draw_series(LineSeries::new(part.iter().copied().map(point), color.stroke_width(2)))?;
        }
        let shown = values.iter().enumerate().filter(|(_, value)| value.is_finite() && epochs <= 30);
        let dots = shown.map(point).map(|at| Circle::new(at, 2, color.filled()));
        let legend = chart.draw_series(dots)?.label(*name);
        legend.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_show_each_series_and_survive_odd_histories() {
        let metric = ("accuracy".to_owned(), vec![0.5, 0.75, 0.9]);
        let loss = vec![100.0, 1.0, 0.01];
        let history = History { loss, metrics: vec![metric], ..History::default() };
        let svg = history.to_svg();
        assert!(svg.contains("accuracy") && svg.contains("epoch"), "{svg}");
        assert!(!svg.contains("val_loss"));
        for loss in [vec![], vec![1.0], vec![0.0, 0.0], vec![f64::NAN, 1.0, f64::INFINITY]] {
            let svg = History { loss, ..History::default() }.to_svg();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && !svg.contains("NaN"), "{svg}");
        }
    }
}
