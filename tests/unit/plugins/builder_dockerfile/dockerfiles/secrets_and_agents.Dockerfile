FROM alpine/git AS sources
RUN mkdir -p -m 0700 ~/.ssh && ssh-keyscan git.example.org >> ~/.ssh/known_hosts
RUN --mount=type=ssh,id=deploy,required git clone git@git.example.org:team/project.git /src
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,mode=0400 \
    --mount=type=secret,id=TOKEN,env=TOKEN \
    test -n "$TOKEN"
