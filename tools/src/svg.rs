//! A picture of numbers: a funnel or a bar chart as SVG, without fonts or scripts of its own.
//!
//! Invariant: any name gives valid XML, and any number of bars gives a picture.

use std::fmt::Write;

/// A bar and its texts.
pub struct Bar {
    pub label: String,
    /// The length; `None` has no bar.
    pub value: Option<f64>,
    /// The text at the right.
    pub note: String,
    /// Bars of the same series have the same colour.
    pub series: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The bars are centred.
    Funnel,
    /// The bars begin at the left.
    Bars,
}

const WIDTH: f64 = 800.0;
const MARGIN: f64 = 24.0;
const INNER: f64 = WIDTH - 2.0 * MARGIN;
const TOP: f64 = 64.0;
const ROW: f64 = 52.0;
const BAR: f64 = 20.0;
/// The longest texts, in widths of an average letter, so that label and note do not touch with any usual font.
const MAX_LABEL: usize = 72;
const MAX_NOTE: usize = 26;
const MAX_TITLE: usize = 58;
const COLORS: [&str; 6] = ["#1f6feb", "#d4761c", "#2d8a4e", "#8250df", "#c6393f", "#57606a"];

/// Returns the picture.
pub fn picture(title: &str, shape: Shape, bars: &[Bar]) -> String {
    let height = TOP + ROW * bars.len().max(1) as f64 + MARGIN;
    let max = bars.iter().filter_map(|bar| bar.value).fold(0.0, f64::max);
    let title = text(title, MAX_TITLE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\" font-size=\"14\" fill=\"#1f2328\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"38\" font-size=\"20\" font-weight=\"bold\">{title}</text>\n"
    );
    if bars.is_empty() {
        _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"{}\" fill=\"#57606a\">no data</text>", TOP + 15.0);
    }
    for (index, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * index as f64;
        let share = bar.value.filter(|_| max > 0.0).map_or(0.0, |value| (value / max).clamp(0.0, 1.0));
        let width = if share > 0.0 { (INNER * share).max(1.0) } else { 0.0 };
        let x = if shape == Shape::Funnel { MARGIN + (INNER - width) / 2.0 } else { MARGIN };
        let color = COLORS.get(bar.series % COLORS.len()).unwrap_or(&"#1f6feb");
        let (label, whole, note) =
            (text(&bar.label, MAX_LABEL), text(&bar.label, usize::MAX), text(&bar.note, MAX_NOTE));
        let (baseline, top, right) = (y + 15.0, y + 22.0, WIDTH - MARGIN);
        _ = write!(
            svg,
            "<g><title>{whole}: {note}</title>\n<text x=\"{MARGIN}\" y=\"{baseline}\">{label}</text>\n\
             <text x=\"{right}\" y=\"{baseline}\" text-anchor=\"end\" fill=\"#57606a\">{note}</text>\n\
             <rect x=\"{MARGIN}\" y=\"{top}\" width=\"{INNER}\" height=\"{BAR}\" rx=\"3\" fill=\"#f0f2f4\"/>\n",
        );
        if width > 0.0 {
            let place = format!("x=\"{x:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{BAR}\"");
            _ = writeln!(svg, "<rect {place} rx=\"3\" fill=\"{color}\"/>");
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns a text as XML, shortened to a width.
fn text(text: &str, max: usize) -> String {
    let mut xml = String::new();
    let mut tenths = 0;
    for char in text.chars() {
        tenths += match char {
            // Letters of East Asia and pictures, too.
            'M' | 'W' | 'm' | 'w' | '@' | '%' | '\u{1100}'.. => 20,
            char if char.is_uppercase() => 13,
            _ => 10,
        };
        if tenths > max.saturating_mul(10) {
            xml.push('…');
            break;
        }
        match char {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            // XML has no other control characters, and no noncharacters.
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => xml.push(' '),
            char => xml.push(char),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, value: Option<f64>) -> Bar {
        Bar { label: label.to_owned(), value, note: String::new(), series: 0 }
    }

    /// Returns the left edges and the widths of the coloured bars.
    fn drawn(shape: Shape, bars: &[Bar]) -> Vec<(String, String)> {
        let svg = picture("t", shape, bars);
        let lines = svg.lines().filter(|line| line.contains(COLORS[0]));
        let attribute = |line: &str, name: &str| {
            line.split_once(&format!(" {name}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
        };
        lines.map(|line| (attribute(line, "x"), attribute(line, "width"))).collect()
    }

    #[test]
    fn the_largest_bar_is_as_wide_as_the_picture() {
        // A bar of 0 and a bar without a value are not drawn.
        let bars = [bar("a", Some(50.0)), bar("b", Some(200.0)), bar("c", Some(0.0)), bar("d", None)];
        let pair = |x: &str, width: &str| (x.to_owned(), width.to_owned());
        assert_eq!(drawn(Shape::Bars, &bars), [pair("24.0", "188.0"), pair("24.0", "752.0")]);
        assert_eq!(drawn(Shape::Funnel, &bars)[0], pair("306.0", "188.0"));
    }

    #[test]
    fn strange_numbers_draw_no_bar_outside() {
        let bars = [bar("a", Some(-5.0)), bar("b", Some(1e-9)), bar("c", Some(1e9)), bar("d", Some(f64::MAX))];
        let widths: Vec<String> = drawn(Shape::Bars, &bars).into_iter().map(|(_, width)| width).collect();
        assert_eq!(widths, ["1.0", "1.0", "752.0"]);
        assert!(drawn(Shape::Bars, &[bar("a", Some(0.0))]).is_empty());
        assert!(picture("t", Shape::Funnel, &[]).contains("no data"));
    }

    #[test]
    fn any_name_is_valid_xml() {
        assert_eq!(text("a<b>&\"c\u{1}\n", usize::MAX), "a&lt;b&gt;&amp;\"c  ");
        assert_eq!(text(&"x".repeat(100), 10), format!("{}…", "x".repeat(10)));
        assert_eq!(text("日本語のとても長い名前", 6), "日本語…");
        assert_eq!(text("WWWWWAAAAA", 10), "WWWWW…");
    }
}
