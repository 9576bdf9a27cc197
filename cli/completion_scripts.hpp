// The files of completions/, embedded when smscrm is built.
#pragma once

namespace smscrm {

extern const char* const bash_completion;
extern const char* const zsh_completion;
extern const char* const fish_completion;

}  // namespace smscrm
