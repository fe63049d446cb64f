FROM eclipse-temurin:21-jdk AS build
WORKDIR /workspace
COPY . /workspace
RUN --mount=type=cache,target=/root/.gradle ./gradlew --no-daemon bootJar
RUN java -Djarmode=layertools -jar build/libs/*.jar extract --destination layers
FROM eclipse-temurin:21-jre
VOLUME /tmp
ARG LAYERS=/workspace/layers
COPY --from=build ${LAYERS}/dependencies/ ./
COPY --from=build ${LAYERS}/application/ ./
ENV JAVA_OPTS=""
ENTRYPOINT exec java $JAVA_OPTS org.springframework.boot.loader.launch.JarLauncher
