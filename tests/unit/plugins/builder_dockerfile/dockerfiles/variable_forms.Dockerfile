FROM alpine
ENV A=abc.tar.gz B= C="x y"
ENV D=${A%.gz} E=${A%%.*} F=${A#*.} G=${A##*.} H=${A/tar/zip} I=${A//a/o}
ENV J=${UNSET:-${A}} K=${B-empty} L=${B:-filled} M=${A:+yes} N=\$A O='$A' P="\"$C\""
WORKDIR /$E/${K:-k}
