# fish completion for smscrm: asks the program itself what may come next.
function __smscrm_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (smscrm __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c smscrm -f -a '(__smscrm_complete)'
