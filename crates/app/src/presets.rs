//! The presets that come with the executable.

use domain::preset::Preset;

use crate::Problem;

const FILES: [(&str, &str); 6] = [
    ("balanced", include_str!("../../../presets/balanced.toml")),
    ("pipeworks", include_str!("../../../presets/pipeworks.toml")),
    ("crm", include_str!("../../../presets/crm.toml")),
    ("pipeai", include_str!("../../../presets/pipeai.toml")),
    ("workjet", include_str!("../../../presets/workjet.toml")),
    ("swiftask", include_str!("../../../presets/swiftask.toml")),
];

/// The preset of an organization for which none was chosen.
pub(crate) const DEFAULT: &str = "balanced";

/// Reads a preset by name.
pub(crate) fn named(name: &str) -> Result<Preset, Problem> {
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        let known = FILES.map(|(name, _)| name).join(", ");
        return Err(Problem::invalid("preset", format!("there is no preset {name}; there are: {known}")));
    };
    let preset: Preset = toml::from_str(text).map_err(|error| Problem::invalid("preset", error.to_string()))?;
    preset.check()?;
    Ok(preset)
}

/// All of them, in the order in which they are shown.
pub(crate) fn all() -> impl Iterator<Item = Result<Preset, Problem>> {
    FILES.iter().map(|(name, _)| named(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_that_comes_along_is_sound_and_named_as_its_file() {
        for (name, _) in FILES {
            assert_eq!(named(name).unwrap().name, name);
        }
        assert!(named(DEFAULT).is_ok());
    }
}
